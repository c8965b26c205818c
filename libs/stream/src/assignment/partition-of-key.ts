/** The seed and the mixing constant of the Java client's murmur2 (`org.apache.kafka.common.utils.Utils`). */
const SEED = 0x9747b28c;
const MIX = 0x5bd1e995;
const SHIFT = 24;

/**
 * The hash by which Java clients, and our producers, choose a partition.
 *
 * @returns a signed 32-bit integer, the same as Java's
 */
export function murmur2(bytes: Uint8Array): number {
  const whole = bytes.length & ~3;
  let hash = (SEED ^ bytes.length) | 0;
  for (let at = 0; at < whole; at += 4) {
    const four =
      byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    const mixed = Math.imul(four, MIX);
    hash = Math.imul(hash, MIX) ^ Math.imul(mixed ^ (mixed >>> SHIFT), MIX);
  }
  if (whole < bytes.length) hash = Math.imul(hash ^ tailOf(bytes, whole), MIX);
  hash = Math.imul(hash ^ (hash >>> 13), MIX);
  return hash ^ (hash >>> 15);
}

/** @returns the partition of a record with this key, of `partitions` (1 or more): that of Kafka's default partitioner in Java, and of ours */
export const partitionOfKey = (key: string | Uint8Array, partitions: number): number =>
  (murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fff_ffff) % partitions;

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

const tailOf = (bytes: Uint8Array, from: number): number =>
  byteAt(bytes, from) | (byteAt(bytes, from + 1) << 8) | (byteAt(bytes, from + 2) << 16);
