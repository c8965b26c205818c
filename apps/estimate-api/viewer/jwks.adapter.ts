import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** A file of keys is read again at most so often, when a token names a key that is not in it. */
const REREAD_MS = 5_000;

/** Keys from the issuer's address: fetched when needed, kept, and fetched again for a key that is new. */
export function remoteKeys(url: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url));
}

/**
 * Keys from a file. Read again when a token names a key that is not there, so that a rotated file needs no restart.
 *
 * @throws what the file system or jose throw, if the file cannot be read or holds no key set
 */
export async function fileKeys(path: string, clock: { now(): number }): Promise<JWTVerifyGetKey> {
  let keys = await readKeys(path);
  let readAt = clock.now();
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || clock.now() - readAt < REREAD_MS) throw error;
      readAt = clock.now();
      keys = await readKeys(path);
      return await keys(header, token);
    }
  };
}

async function readKeys(path: string): Promise<ReturnType<typeof createLocalJWKSet>> {
  return createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
}
