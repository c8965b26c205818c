import { describe, expect, test } from '@jest/globals';
import { defaultFreshnessPolicy, freshnessOf } from './freshness.ts';
import { factsOf } from './testing/story.ts';

const value = (checkedAt: number, status: 'active' | 'off_market' | 'unknown' = 'active') => ({
  facts: factsOf(1, { checkedAt, status }),
  softExpiryAt: 2_000_000_000,
});
const at = (databaseNow: number, cacheNow = databaseNow) => ({ databaseNow, cacheNow });
const NOW = 1_000_000_000;

describe('by the age of the facts alone', () => {
  test.each([
    ['active', 0, 'serve'],
    ['active', 254_999, 'serve'],
    ['active', 255_000, 'serve-and-check'],
    ['active', 300_000, 'serve-and-check'],
    ['active', 300_001, 'check'],
    ['unknown', 300_001, 'check'],
    ['off_market', 300_001, 'serve'],
    ['off_market', 12_240_000, 'serve-and-check'],
    ['off_market', 14_400_001, 'check'],
    ['active', -5_000, 'serve'],
  ] as const)('%s facts checked %d ms ago: %s', (status, ageMs, verdict) => {
    expect(freshnessOf(value(NOW - ageMs, status), at(NOW))).toEqual({ verdict, softExpired: false });
  });
});

test('the soft expiry goes by the clock of the cache, the age of facts by that of the database', () => {
  const cached = { ...value(NOW), softExpiryAt: 5_000 };
  expect(freshnessOf(cached, at(NOW, 4_999))).toEqual({ verdict: 'serve', softExpired: false });
  expect(freshnessOf(cached, at(NOW, 5_000))).toEqual({ verdict: 'serve', softExpired: true });
});

describe('where the feed is consulted', () => {
  const policy = { ...defaultFreshnessPolicy, feedStaleMs: 30_000 };
  const verdictOf = (checkedAgoMs: number, mark: { watermarkAt: number; sinceAt: number } | null) =>
    freshnessOf(value(NOW - checkedAgoMs), at(NOW), policy, mark).verdict;

  test('a value older than feedStaleMs is served only under a watermark that is not', () => {
    expect(verdictOf(30_000, null)).toBe('serve');
    expect(verdictOf(30_001, null)).toBe('check');
    expect(verdictOf(100_000, { watermarkAt: NOW - 1_000, sinceAt: 0 })).toBe('serve');
    expect(verdictOf(100_000, { watermarkAt: NOW - 30_001, sinceAt: 0 })).toBe('check');
  });

  test('a watermark says nothing of a value checked before its since', () => {
    expect(verdictOf(100_000, { watermarkAt: NOW, sinceAt: NOW - 99_999 })).toBe('check');
    expect(verdictOf(100_000, { watermarkAt: NOW, sinceAt: NOW - 100_000 })).toBe('serve');
  });

  test('a watermark does not stretch factsTtlMs', () => {
    expect(verdictOf(300_001, { watermarkAt: NOW, sinceAt: 0 })).toBe('check');
  });
});
