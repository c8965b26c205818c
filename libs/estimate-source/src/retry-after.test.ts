import { expect, test } from '@jest/globals';
import { retryAfterMs } from './retry-after.ts';

test.each([
  ['2', 2_000],
  [' 30 ', 30_000],
  ['0', 1_000],
  ['86400', 60_000],
  [undefined, 1_000],
  ['soon', 1_000],
  ['-5', 1_000],
  ['1.5', 1_000],
])('Retry-After %p is a pause of %p ms', (header, pauseMs) => {
  expect(retryAfterMs(header)).toBe(pauseMs);
});
