import { expect, test } from '@jest/globals';
import { backOffMs } from './back-off.ts';

const limits = { firstMs: 100, mostMs: 5_000 };

test.each([
  [1, 50, 100],
  [2, 100, 200],
  [5, 800, 1_600],
  [7, 2_500, 5_000],
  [1_000, 2_500, 5_000],
])('try %i waits between half and the whole of its step', (attempt, leastMs, mostMs) => {
  expect(backOffMs(limits, attempt, 0)).toBe(leastMs);
  expect(backOffMs(limits, attempt, 1)).toBe(mostMs);
});
