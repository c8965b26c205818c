import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { StackError } from '../stack-error.ts';

/** SHA-256 of a file, lower-case hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * Refuses a file that is not the pinned one.
 *
 * @throws {StackError} CHECKSUM_MISMATCH, naming what was fetched and both sums
 */
export async function verifyChecksum(file: string, { what, sha256 }: { what: string; sha256: string }): Promise<void> {
  const found = await sha256Of(file);
  if (found === sha256) return;
  throw new StackError(
    'CHECKSUM_MISMATCH',
    `${what}: what arrived is not what is pinned (SHA-256 ${found}, expected ${sha256}). It was thrown away. ` +
      'If a proxy or mirror rewrites downloads, fetch from another network; if the version was changed, change its sum with it.',
  );
}
