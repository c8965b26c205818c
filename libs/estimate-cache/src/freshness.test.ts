import { describe, expect, test } from '@jest/globals';
import { defaultFreshnessPolicy, freshnessOf, type FeedMark } from './freshness.ts';
import { factsOf } from './testing/story.ts';

const value = (checkedAt: number, status: 'active' | 'off_market' | 'unknown' = 'active') => ({
  facts: factsOf(1, { checkedAt, status }),
  softExpiryAt: 2_000_000_000,
});
const NOW = 1_000_000_000;
const quiet: FeedMark = { watermarkAt: NOW - 1_000, sinceAt: 0 };
const at = (mark: FeedMark | null = quiet, databaseNow = NOW) => ({ databaseNow, cacheNow: NOW, mark });

describe('while the feed runs, by the age of the facts alone', () => {
  test.each([
    ['active', 0, 'serve'],
    ['active', 30_001, 'serve'],
    ['active', 254_999, 'serve'],
    ['active', 255_000, 'serve-and-check'],
    ['active', 300_000, 'serve-and-check'],
    ['active', 300_001, 'check'],
    ['unknown', 300_001, 'check'],
    ['off_market', 300_001, 'serve'],
    ['off_market', 12_240_000, 'serve-and-check'],
    ['off_market', 14_400_001, 'check'],
    ['active', -1_000, 'serve'],
    ['active', -1_001, 'check'],
  ] as const)('%s facts checked %d ms ago: %s', (status, ageMs, verdict) => {
    expect(freshnessOf(value(NOW - ageMs, status), at()).verdict).toBe(verdict);
  });
});

test('the soft expiry goes by the clock of the cache, the age of facts by that of the database', () => {
  const cached = { ...value(NOW), softExpiryAt: 5_000 };
  const softExpired = (cacheNow: number) => freshnessOf(cached, { databaseNow: NOW, cacheNow }).softExpired;
  expect([softExpired(4_999), softExpired(5_000)]).toEqual([false, true]);
});

describe('the watermark', () => {
  const verdictOf = (checkedAgoMs: number, mark: FeedMark | null) =>
    freshnessOf(value(NOW - checkedAgoMs), at(mark)).verdict;

  test('a value older than feedStaleMs is served only under a watermark that is not', () => {
    expect(verdictOf(30_000, null)).toBe('serve');
    expect(verdictOf(30_001, null)).toBe('check');
    expect(verdictOf(100_000, { watermarkAt: NOW - 30_000, sinceAt: 0 })).toBe('serve');
    expect(verdictOf(100_000, { watermarkAt: NOW - 30_001, sinceAt: 0 })).toBe('check');
  });

  test('an old watermark takes nothing from a value that was checked after it', () => {
    expect(verdictOf(30_000, { watermarkAt: NOW - 100_000, sinceAt: 0 })).toBe('serve');
  });

  test('says nothing of a value checked before its since', () => {
    expect(verdictOf(100_000, { watermarkAt: NOW, sinceAt: NOW - 99_999 })).toBe('check');
    expect(verdictOf(100_000, { watermarkAt: NOW, sinceAt: NOW - 100_000 })).toBe('serve');
  });

  test('a memory that may have been lost is checked, also if it is young, until the check or the watermark is later', () => {
    const lost = { watermarkAt: NOW - 5_000, sinceAt: 0, forgotAt: NOW - 1_000 };
    expect(verdictOf(4_000, lost)).toBe('check');
    expect(verdictOf(1_000, lost)).toBe('serve');
    expect(verdictOf(4_000, { ...lost, watermarkAt: NOW - 1_000 })).toBe('serve');
    expect(verdictOf(4_000, { ...lost, watermarkAt: NOW - 1_001 })).toBe('check');
    expect(freshnessOf(value(NOW - 4_000), at(lost)).isServableUnchecked).toBe(true);
  });

  test('does not stretch factsTtlMs', () => {
    expect(verdictOf(300_001, { watermarkAt: NOW, sinceAt: 0 })).toBe('check');
  });

  test('does not speak for facts that are dated in the future: the clock went back after they were', () => {
    expect(verdictOf(-1_001, { watermarkAt: NOW, sinceAt: 0 })).toBe('check');
  });

  test('tells up to when the facts hold: its own time, or that of the check', () => {
    const asOf = (mark: FeedMark | null) => freshnessOf(value(NOW - 10_000), at(mark)).asOfAt;
    expect(asOf(null)).toBe(NOW - 10_000);
    expect(asOf({ watermarkAt: NOW - 1_000, sinceAt: 0 })).toBe(NOW - 1_000);
    expect(asOf({ watermarkAt: NOW - 20_000, sinceAt: 0 })).toBe(NOW - 10_000);
    expect(asOf({ watermarkAt: NOW - 1_000, sinceAt: NOW - 9_999 })).toBe(NOW - 10_000);
  });
});

describe('a value that cannot be checked', () => {
  const servable = (checkedAgoMs: number, mark: FeedMark | null, followedSinceAt?: number) =>
    freshnessOf(value(NOW - checkedAgoMs), { ...at(mark), ...(followedSinceAt && { followedSinceAt }) })
      .isServableUnchecked;

  test('is served until the feed and its check are both older than feedDownMs', () => {
    expect([servable(120_000, null), servable(120_001, null)]).toEqual([true, false]);
    const mark = (agoMs: number) => ({ watermarkAt: NOW - agoMs, sinceAt: 0 });
    expect([servable(200_000, mark(120_000)), servable(200_000, mark(120_001))]).toEqual([true, false]);
  });

  test('is not served past factsTtlMs, whatever the feed says', () => {
    expect([servable(300_000, quiet), servable(300_001, quiet)]).toEqual([true, false]);
  });

  test('is not served if it may have held only under rules that this process never saw', () => {
    expect([servable(10_000, null, NOW - 10_000), servable(10_000, null, NOW - 9_999)]).toEqual([true, false]);
  });
});

test('where the rule of the MLS is not followed long enough, a value is checked until the watermark passes', () => {
  const followedSinceAt = NOW - 1_000;
  const verdictOf = (watermarkAt: number) =>
    freshnessOf(value(NOW - 10_000), { ...at({ watermarkAt, sinceAt: 0 }), followedSinceAt }).verdict;
  expect([verdictOf(NOW - 1_001), verdictOf(NOW - 1_000)]).toEqual(['check', 'serve']);
});

test('with a clock of the primary that nobody knows, nothing is fresh and nothing is served unchecked', () => {
  const unknown = freshnessOf(value(NOW), at(quiet, Infinity));
  expect([unknown.verdict, unknown.isServableUnchecked]).toEqual(['check', false]);
});

test('the policy of the design', () => {
  expect(defaultFreshnessPolicy).toEqual({
    factsTtlActiveMs: 300_000,
    factsTtlOffMarketMs: 14_400_000,
    backgroundCheckPercent: 85,
    feedStaleMs: 30_000,
    feedDownMs: 120_000,
  });
});
