import { crc16 } from '../../../crc16.ts';

export const SLOTS = 16_384;

/** Homes share 128 hash tags: their slots are looked up, and anything beside them is not worth keeping. */
const KEPT_MAX = 1_024;
const kept = new Map<string, number>();

/** The slot of a tag, or of a whole key: CRC16 mod 16384. */
function slotOfTag(tag: string): number {
  const known = kept.get(tag);
  if (known !== undefined) return known;
  const slot = crc16(tag) % SLOTS;
  if (kept.size < KEPT_MAX) kept.set(tag, slot);
  return slot;
}

/**
 * The slot of a Redis Cluster that a key is in, by what stands in its first pair of braces.
 *
 * @param key  ASCII, as all keys of this lib
 * @returns    0..16383
 */
export function slotOf(key: string): number {
  const opens = key.indexOf('{');
  const closes = opens === -1 ? -1 : key.indexOf('}', opens + 1);
  return closes > opens + 1 ? slotOfTag(key.slice(opens + 1, closes)) : crc16(key) % SLOTS;
}
