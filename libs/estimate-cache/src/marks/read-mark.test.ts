import { expect, test } from '@jest/globals';
import { bucketMarkOf } from './read-mark.ts';

test('what is read is what was written, however long an offset is', () => {
  expect(bucketMarkOf(['t/0', '9007199254740993|1764000012345', 's', '1764000000000', 'u/11', '0|'])).toEqual({
    partitions: {
      't/0': { nextOffset: 9_007_199_254_740_993n, untilAt: 1_764_000_012_345 },
      'u/11': { nextOffset: 0n, untilAt: null },
    },
    sinceAt: 1_764_000_000_000,
  });
});

test.each(['', '|', '1', 'x|1', '-1|', '1|x', '1|2|', '07|3', '1.5|'])('"%s" is no mark of a partition', (text) => {
  expect(bucketMarkOf(['t/0', text])).toEqual({ partitions: {}, sinceAt: 0 });
});

test('a field that nobody here names is left out', () => {
  expect(bucketMarkOf(['colour', '1|1']).partitions).toEqual({});
});

test('with a since that cannot be read nothing is remembered', () => {
  expect(bucketMarkOf(['t/0', '1|1', 's', 'soon'])).toEqual({ partitions: {}, sinceAt: 0 });
});
