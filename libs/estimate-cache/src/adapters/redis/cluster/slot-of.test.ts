import { expect, test } from '@jest/globals';
import clusterKeySlot from 'cluster-key-slot';
import { crc16 } from '../../../crc16.ts';
import { BUCKETS } from '../../../keys.ts';
import { slotOf } from './slot-of.ts';

test.each(['e1:{7}:p1:v', 'e1:{7}:p1:m', 'e1:{writer}:3', 'plain', '', '{}x', 'a{b', '{{a}}', 'a}b{c}'])(
  'the slot of %j is the one that Redis Cluster takes',
  (key) => {
    expect(slotOf(key)).toBe(clusterKeySlot(key));
  },
);

test('every bucket has a slot of its own', () => {
  const slots = Array.from({ length: BUCKETS }, (_, bucket) => slotOf(`e1:{${bucket}}:k`));
  expect(new Set(slots).size).toBe(BUCKETS);
});

test('empty braces name no tag, and what comes after them neither', () => {
  expect(slotOf('a{}b{c}')).toBe(crc16('a{}b{c}') % 16_384); // cluster-key-slot says otherwise, and CLUSTER KEYSLOT says this
});
