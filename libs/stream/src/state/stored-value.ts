const EXPIRY_BYTES = 8;

/** No expiry. */
export const NEVER = 0;

/** How an entry lies in the layers and on the disk: when it expires (UTC milliseconds, 0 for never), then the serde's bytes. */
export function storedOf(bytes: Buffer, expiresAt: number): Buffer {
  const stored = Buffer.allocUnsafe(EXPIRY_BYTES + bytes.length);
  stored.writeDoubleBE(expiresAt, 0);
  bytes.copy(stored, EXPIRY_BYTES);
  return stored;
}

export const expiryOf = (stored: Buffer): number => stored.readDoubleBE(0);

export const bytesOf = (stored: Buffer): Buffer => stored.subarray(EXPIRY_BYTES);

export const isExpired = (stored: Buffer, now: number): boolean => {
  const expiresAt = expiryOf(stored);
  return expiresAt !== NEVER && expiresAt <= now;
};
