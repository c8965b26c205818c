import { expect, test } from '@jest/globals';
import { defaultEstimateFeedPolicy, isUnfed } from './fed-estimates.ts';
import { factsOf } from './testing/story.ts';

const NOW = 1_000_000_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const value = (ageMs: number, status: 'active' | 'off_market' | 'unknown' = 'active') => ({
  propertyId: 'p1',
  acquiredAt: NOW - ageMs,
  facts: factsOf(1, { status }),
});
const late = (lagMs: number) => ({ cacheNow: NOW, databaseNow: 7_000_000, untilAt: () => 7_000_000 - lagMs });

test.each([
  ['active', 5 * MINUTE_MS - 1, false],
  ['active', 5 * MINUTE_MS, true],
  ['unknown', 5 * MINUTE_MS, true],
  ['off_market', 5 * MINUTE_MS, false],
  ['off_market', 4 * HOUR_MS - 1, false],
  ['off_market', 4 * HOUR_MS, true],
] as const)('while the topic is late, %s and %d ms old: refreshed is %p', (status, ageMs, isRefreshed) => {
  expect(isUnfed(value(ageMs, status), late(6 * MINUTE_MS))).toBe(isRefreshed);
});

test('a topic that is five minutes behind is not late yet; any age is good then', () => {
  const day = value(24 * HOUR_MS);
  expect([isUnfed(day, late(5 * MINUTE_MS)), isUnfed(day, late(5 * MINUTE_MS + 1))]).toEqual([false, true]);
  expect(isUnfed(day, late(0))).toBe(false);
});

test('a topic of which nobody says how far it is applied is late', () => {
  expect(isUnfed(value(5 * MINUTE_MS), { ...late(0), untilAt: () => -Infinity })).toBe(true);
  expect(isUnfed(value(5 * MINUTE_MS - 1), { ...late(0), untilAt: () => -Infinity })).toBe(false);
});

test('of a young estimate nobody asks how late its topic is', () => {
  const asked: string[] = [];
  const context = { ...late(0), untilAt: (propertyId: string) => asked.push(propertyId) };
  isUnfed(value(5 * MINUTE_MS - 1), context);
  expect(asked).toEqual([]);
  isUnfed(value(5 * MINUTE_MS), context);
  expect(asked).toEqual(['p1']);
});

test("the talk's TTLs, and five minutes", () => {
  expect(defaultEstimateFeedPolicy).toEqual({
    unfedTtlActiveMs: 5 * MINUTE_MS,
    unfedTtlOffMarketMs: 4 * HOUR_MS,
    lagMaxMs: 5 * MINUTE_MS,
  });
});
