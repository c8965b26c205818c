import { expect, test } from '@jest/globals';
import { createTokenBucket } from './token-bucket.ts';

test('lets a burst through, then the rate, and says when to come again', () => {
  let now = 0;
  const admit = createTokenBucket({ ratePerS: 2, burst: 3 }, () => now);
  expect([admit(), admit(), admit()].map(({ admitted }) => admitted)).toEqual([true, true, true]);
  expect(admit()).toEqual({ admitted: false, retryAfterS: 1 });
  now = 499;
  expect(admit().admitted).toBe(false);
  now = 500;
  expect(admit().admitted).toBe(true);
  expect(admit().admitted).toBe(false);
  now = 60_000;
  expect([admit(), admit(), admit(), admit()].map(({ admitted }) => admitted)).toEqual([true, true, true, false]);
});

test('gives whole seconds, as long as a token takes', () => {
  const admit = createTokenBucket({ ratePerS: 0.1, burst: 1 }, () => 0);
  admit();
  expect(admit()).toEqual({ admitted: false, retryAfterS: 10 });
});

test('gets nothing from a clock that goes back', () => {
  let now = 1_000;
  const admit = createTokenBucket({ ratePerS: 1, burst: 1 }, () => now);
  admit();
  now = 0;
  expect(admit().admitted).toBe(false);
  now = 1_000;
  expect(admit().admitted).toBe(false);
  now = 2_000;
  expect(admit().admitted).toBe(true);
});

test('a rate of 0 is no limit', () => {
  const admit = createTokenBucket({ ratePerS: 0, burst: 1 }, () => 0);
  expect(Array.from({ length: 100 }, () => admit().admitted)).toEqual(Array.from({ length: 100 }, () => true));
});
