import { expect, test } from '@jest/globals';
import { planWindow } from './plan-window.ts';

const shape = { homes: 500, forMs: 60_000, asksPerS: 100, changesPerS: 20 };

test('a seed plans the same window again, and another seed another one', () => {
  expect(planWindow(1, shape)).toEqual(planWindow(1, shape));
  expect(planWindow(2, shape)).not.toEqual(planWindow(1, shape));
});

test('asks and changes come at their rates, evenly', () => {
  const { asks, changes } = planWindow(1, shape);
  expect(asks).toHaveLength(6_000);
  expect(asks.slice(0, 3).map(({ atMs }) => atMs)).toEqual([0, 10, 20]);
  expect(changes).toHaveLength(1_200);
  expect(changes.at(-1)?.atMs).toBe(59_950);
});

test('a fifth are batches of twenty homes that differ', () => {
  const { asks } = planWindow(1, shape);
  const batches = asks.filter(({ homes }) => homes.length > 1);
  expect(batches.length / asks.length).toBeCloseTo(0.2, 1);
  expect(batches.every(({ homes }) => new Set(homes).size === 20)).toBe(true);
});

test('the first home is asked for and changes twice as often as the second', () => {
  const { asks, changes } = planWindow(1, { ...shape, asksPerS: 2_000, changesPerS: 2_000 });
  const ofSingles = (home: number) => asks.filter(({ homes }) => homes.length === 1 && homes[0] === home).length;
  expect(ofSingles(0) / ofSingles(1)).toBeCloseTo(2, 0);
  const ofChanges = (home: number) => changes.filter((change) => change.home === home).length;
  expect(ofChanges(0) / ofChanges(1)).toBeCloseTo(2, 0);
});

test('fewer homes than a batch are asked for all at once', () => {
  const { asks } = planWindow(1, { ...shape, homes: 3 });
  expect(Math.max(...asks.map(({ homes }) => homes.length))).toBe(3);
});
