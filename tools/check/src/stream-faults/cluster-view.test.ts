import { expect, test } from '@jest/globals';
import { offsetsPartitionOf } from './cluster-view.adapter.ts';

test('the partition of a group is found as the brokers find it, by Java hash codes', () => {
  // "hello".hashCode() is 99162322; "polygenelubricants".hashCode() is the smallest int, and its magnitude overflows.
  expect(offsetsPartitionOf('hello', 50)).toBe(99_162_322 % 50);
  expect(offsetsPartitionOf('polygenelubricants', 8)).toBe(0);
});
