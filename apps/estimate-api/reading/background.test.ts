import { expect, test } from '@jest/globals';
import { settle } from '../testing/reading-bench.ts';
import { createBackground } from './background.ts';

const homes = (...propertyIds: string[]) => propertyIds.map((propertyId) => ({ propertyId }));

function bench(homesMax: number) {
  const runs: string[][] = [];
  const ends: (() => void)[] = [];
  const background = createBackground<{ propertyId: string }>(
    (taken) => {
      runs.push(taken.map(({ propertyId }) => propertyId));
      return new Promise((resolve) => void ends.push(resolve));
    },
    { homesMax, track: (work) => void work },
  );
  return { background, runs, ends };
}

test('more homes than may be worked on at once are let go, and there is room again when some are done', async () => {
  const { background, runs, ends } = bench(2);
  background.take(homes('a', 'b', 'c'));
  background.take(homes('d'));
  expect(runs).toEqual([['a', 'b']]);
  ends[0]?.();
  await settle();
  background.take(homes('c', 'd', 'e'));
  expect(runs).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

test('a home is never worked on twice at once', () => {
  const { background, runs } = bench(10);
  background.take(homes('a'));
  background.take(homes('a', 'b'));
  expect(runs).toEqual([['a'], ['b']]);
});
