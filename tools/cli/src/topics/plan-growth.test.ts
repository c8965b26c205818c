import { expect, test } from '@jest/globals';
import { movedShare, printGrowth } from './plan-growth.ts';

test.each([
  [6, 12, 0.5],
  [12, 24, 0.5],
  [1, 2, 0.5],
  [3, 4, 0.75],
  [6, 6, 0],
])('from %d to %d partitions, %d of the keys move', (from, to, share) => {
  expect(movedShare({ from, to })).toBeCloseTo(share);
});

test('says what moves, who adopts it and who stops', () => {
  const text = printGrowth(
    [{ name: 'map.viewport-viewed', from: 6, to: 12 }],
    [
      { group: 'porchlight.forecaster', topics: ['map.viewport-viewed'], isStateful: true },
      { group: 'porchlight.other', topics: ['map.viewport-viewed'], isStateful: false },
    ],
  );
  expect(text).toContain('map.viewport-viewed: 6 -> 12 partitions; 50 % of its keys go to another partition');
  expect(text).toContain('without state: porchlight.other;');
  expect(text).toContain('WITH STATE: porchlight.forecaster; these stop with TOPIC_GREW');
});
