import { expect, test } from '@jest/globals';
import calculateSlot from 'cluster-key-slot';
import fc from 'fast-check';
import { crc16 } from './crc16.ts';

test('the check value of CRC-16/XMODEM', () => {
  expect(crc16('123456789')).toBe(0x31c3);
  expect(crc16('')).toBe(0);
});

test('an id is placed as Redis Cluster places it', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), (id) => {
      expect(crc16(id) % 16_384).toBe(calculateSlot(id));
    }),
  );
});
