import { expect, test } from '@jest/globals';
import { defaultPartitioner } from '@platformatic/kafka';
import { partitionOfKey } from '../../assignment/partition-of-key.ts';
import { createPartitioner } from './platformatic-producers.ts';

const KEYS = Array.from({ length: 200 }, (_, n) => Buffer.from(`property-${n}`));
const PARTITIONS = 12; // no power of two: there the sign bit shows

test('a key goes to the partition that Java clients and the other adapter send it to', () => {
  const partitionOf = createPartitioner();
  const ours = KEYS.map((key) => partitionOf({}, key) % PARTITIONS);
  expect(ours).toEqual(KEYS.map((key) => partitionOfKey(key, PARTITIONS)));
});

test("the client's own partitioner would send some elsewhere: that is why there is ours", () => {
  const theirs = KEYS.map((key) => defaultPartitioner({} as never, key) % PARTITIONS);
  expect(theirs).not.toEqual(KEYS.map((key) => partitionOfKey(key, PARTITIONS)));
});

test('records without a key go to the partitions in turn', () => {
  const partitionOf = createPartitioner();
  expect([1, 2, 3, 4].map(() => partitionOf({}, undefined) % 3)).toEqual([1, 2, 0, 1]);
});
