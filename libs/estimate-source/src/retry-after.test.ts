import { expect, test } from '@jest/globals';
import { retryAfterMs } from './retry-after.ts';

test.each([
  ['2', 2_000],
  [' 30 ', 30_000],
  ['0', 1_000],
  ['86400', 60_000],
  ['1000000000', 60_000],
  ['9'.repeat(400), 60_000],
  [undefined, 1_000],
  ['soon', 1_000],
  ['-5', 1_000],
  ['1.5', 1_000],
  ['Tue, 14 Nov 2023 22:13:27 GMT', 7_000],
  ['Tue, 14 Nov 2023 22:13:07 GMT', 1_000],
  ['Tue, 14 Nov 2023 23:13:20 GMT', 60_000],
  ['Tue, 99 Nov 2023 22:13:27 GMT', 1_000],
  ['2023-11-14T22:13:27Z', 1_000],
])('Retry-After %p is a pause of %p ms', (header, pauseMs) => {
  expect(retryAfterMs(header, 1_700_000_000_000)).toBe(pauseMs);
});
