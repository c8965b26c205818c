/**
 * A uniform value in 0..1 (1 excluded) that belongs to a text: the same seed, text and salt give the same value in every process.
 *
 * @source FNV-1a over the text, then the finalizer of MurmurHash3 twice for 53 bits
 */
export function drawOf(seed: number, text: string, salt: number): number {
  let hash = (0x811c9dc5 ^ Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b)) >>> 0;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  const high = finalize(hash) >>> 6; // 26 bits
  const low = finalize(hash ^ 0x5bd1e995) >>> 5; // 27 bits
  return (high * 2 ** 27 + low) / 2 ** 53;
}

function finalize(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
