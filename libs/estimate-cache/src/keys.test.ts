import { expect, test } from '@jest/globals';
import calculateSlot from 'cluster-key-slot';
import { BUCKETS, bucketOf, keysOf } from './keys.ts';

test('both keys of a home carry its bucket as their hash tag', () => {
  // CRC16/XMODEM of "123456789" is 0x31c3.
  expect(bucketOf('123456789')).toBe(0x31c3 % 128);
  expect(keysOf('123456789', 'e1')).toEqual({ value: 'e1:{67}:123456789:v', flight: 'e1:{67}:123456789:m' });
});

test('both keys of a home are in one slot of a cluster, and homes spread over all buckets', () => {
  const ids = Array.from({ length: 5_000 }, (_, i) => `home-${i}`);
  for (const { value, flight } of ids.map((id) => keysOf(id, 'e1'))) {
    expect(calculateSlot(value)).toBe(calculateSlot(flight));
  }
  expect(new Set(ids.map(bucketOf)).size).toBe(BUCKETS);
});

test('an id that would move its keys to another slot is refused', () => {
  for (const id of ['', 'a{b}c', 'a:b', 'a b', 'x'.repeat(65), '\u0161', 'p\u4e2d', 'p\n']) {
    expect(() => keysOf(id, 'e1')).toThrow(expect.objectContaining({ code: 'BAD_CACHE_ENTRY' }));
  }
});
