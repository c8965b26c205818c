const TWO_32 = 0x1_0000_0000;
const TWO_48 = 2 ** 48;

/** The last instant that six bytes hold, in the year 10889. */
export const INSTANT_MAX = TWO_48 - 1;

/** A whole number in eight bytes, the highest first; exact up to 2^53 - 1. By hand: what Buffer offers checks each argument again. */
export const u64At = (bytes: Buffer, at: number): number => u32At(bytes, at) * TWO_32 + u32At(bytes, at + 4);

/** A whole number in six bytes, the highest first. */
export const u48At = (bytes: Buffer, at: number): number =>
  ((byteAt(bytes, at) << 8) | byteAt(bytes, at + 1)) * TWO_32 + u32At(bytes, at + 2);

/** A whole number in four bytes, the highest first. */
export const u32At = (bytes: Buffer, at: number): number =>
  ((byteAt(bytes, at) << 24) | (byteAt(bytes, at + 1) << 16) | (byteAt(bytes, at + 2) << 8) | byteAt(bytes, at + 3)) >>>
  0;

/** @returns the byte there, which the caller knows to exist */
export const byteAt = (bytes: Buffer, at: number): number => bytes[at] as number;

/** Writes what `u64At` reads. @param n 0..2^53 - 1 */
export function writeU64(bytes: Buffer, n: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(n / TWO_32), at);
  bytes.writeUInt32BE(n % TWO_32, at + 4);
}
