import { expect, test } from '@jest/globals';
import { stableHash } from './stable-hash.ts';

/** The published vectors of MurmurHash3 x86_32 whose bytes are whole UTF-16 code units. */
test.each([
  ['', 0, 0x0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['\uffff\uffff', 0, 0x76293b50],
  ['\u4321\u8765', 0, 0xf55b516b],
  ['\u4321\u8765', 0x5082edee, 0x2362f9de],
  ['\u4321', 0, 0xa0f7b07a],
  ['\0\0', 0, 0x2362f9de],
  ['\0', 0, 0x30f4c306],
])('%j with seed %i is as published', (text, seed, hash) => {
  expect(stableHash(text, seed)).toBe(hash);
});

test('what keys hash to never changes: else everybody would be dealt out anew by an update of Porchlight', () => {
  expect(['a', 'p-1', 'AbCdEfGhIjKlMnOpQrStUv'].map((key) => stableHash(key, 7))).toMatchInlineSnapshot(`
    [
      2383563902,
      3075584379,
      2232625570,
    ]
  `);
});
