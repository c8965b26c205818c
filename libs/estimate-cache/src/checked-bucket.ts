import { crc16Table } from './crc16.ts';
import { BadCacheEntry } from './errors.ts';
import { isIdByte } from './layout.ts';

/** Homes share this many hash tags, so that one mark speaks for many homes. Changing it takes a new key generation. */
export const BUCKETS = 128;

export const PROPERTY_ID_LENGTH_MAX = 64;
const FIRST_BEYOND_ASCII = 0x80;

/**
 * The method itself: ioredis 6 has a class that extends String, and from then on V8 looks `charCodeAt` up on the prototype at
 * each call, so that a loop over an id takes six times as long (8 ns a character instead of 1.2, Node 24.21). It must be
 * of this module: an imported one is looked up again.
 */
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is only called with its string
const { charCodeAt } = String.prototype;

/**
 * The bucket of a home, CRC16(propertyId) mod 128, by a single pass over the id: every home of every hit needs it, and a
 * pattern would read the id a second time.
 *
 * @returns null for what is no `[A-Za-z0-9_-]{1,64}`
 */
export function checkedBucketOf(propertyId: string): number | null {
  const { length } = propertyId;
  let crc = 0;
  let isId = 1;
  let bits = 0;
  for (let i = 0; i < length; i += 1) {
    const code = charCodeAt.call(propertyId, i);
    bits |= code;
    // Within the tables by their masks: a look past the end of one, and what stands for it, cost a third more.
    isId &= isIdByte[code & 0xff] as number;
    crc = ((crc << 8) & 0xffff) ^ (crc16Table[((crc >> 8) ^ code) & 0xff] as number);
  }
  const isAscii = bits < FIRST_BEYOND_ASCII;
  return isId === 1 && isAscii && length > 0 && length <= PROPERTY_ID_LENGTH_MAX ? crc % BUCKETS : null;
}

/** @throws {BadCacheEntry} for what is no `[A-Za-z0-9_-]{1,64}`: a brace would move its keys to another slot */
export function bucketOrThrow(propertyId: string): number {
  const bucket = checkedBucketOf(propertyId);
  if (bucket === null) throw new BadCacheEntry('a property id that is not [A-Za-z0-9_-]{1,64}');
  return bucket;
}
