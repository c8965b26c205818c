import { expect, test } from '@jest/globals';
import { uuidV7 } from './uuid-v7.ts';

test('gives the example of the RFC for its instant and its random bits', () => {
  const random = Buffer.from('0cc318c4dc0c0c07398f', 'hex');
  expect(uuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

test('later instants sort later, and no two are the same', () => {
  const ids = Array.from({ length: 100 }, (_, at) => uuidV7(1_700_000_000_000 + at));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(Array.from({ length: 1_000 }, () => uuidV7(1))).size).toBe(1_000);
});
