import { expect, test } from '@jest/globals';
import { movedShare, printGrowth, refuseRunning } from './plan-growth.ts';

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
      { group: 'porchlight.forecaster', topics: ['map.viewport-viewed'], isStateful: true, members: 0 },
      { group: 'porchlight.other', topics: ['map.viewport-viewed'], isStateful: false, members: 2 },
    ],
  );
  expect(text).toContain('map.viewport-viewed: 6 -> 12 partitions; 50 % of its keys go to another partition');
  expect(text).toContain('without state: porchlight.other;');
  expect(text).toContain('WITH STATE: porchlight.forecaster; a process of these stops with TOPIC_GREW');
});

test('a group with state must not run while its topic grows; one without may', () => {
  const reader = { group: 'g', topics: ['t'] };
  expect(() => refuseRunning([{ ...reader, isStateful: true, members: 1 }])).toThrow(
    expect.objectContaining({ code: 'GROUP_ACTIVE', message: expect.stringContaining('g (1 member)') }),
  );
  expect(
    refuseRunning([
      { ...reader, isStateful: true, members: 0 },
      { ...reader, isStateful: false, members: 3 },
    ]),
  ).toBeUndefined();
});
