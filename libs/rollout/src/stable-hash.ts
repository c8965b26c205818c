const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

function mixBlock(block: number): number {
  const spread = Math.imul(block, C1);
  return Math.imul((spread << 15) | (spread >>> 17), C2);
}

function mixState(state: number, block: number): number {
  const mixed = state ^ mixBlock(block);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** Every bit of the input reaches every bit of the output. */
function finish(state: number): number {
  let hash = state ^ (state >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * MurmurHash3 (x86, 32 bits) of a text's UTF-16 code units, little-endian. Allocates nothing: it runs on the path of a hit.
 *
 * Not FNV, and no modulo: FNV with two salts gives two numbers that go together bit by bit, and so would two flags; a
 * remainder favours the small ones.
 *
 * @param seed 32 bits; two seeds give numbers that have nothing to do with each other
 * @returns    0..2**32 - 1
 * @source     github.com/aappleby/smhasher, MurmurHash3.cpp
 */
export function stableHash(text: string, seed: number): number {
  const { length } = text;
  let state = seed | 0;
  for (let at = 0; at + 1 < length; at += 2) {
    state = mixState(state, text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
  }
  if (length % 2 === 1) state ^= mixBlock(text.charCodeAt(length - 1));
  return finish(state ^ (length * 2));
}
