import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** A file of keys is read again at most so often, when a token names a key that is not in it. */
const REREAD_MS = 5_000;

/** Keys from an address are read again behind the answers' backs when they are this old. */
const REFRESH_MS = 300_000;

/** How long after an attempt the address may be asked again: for a key that is not known, or since the attempt failed. */
const RETRY_MS = 10_000;

/** How long a request may be held up by the address: less than the default deadline of any answer leaves. */
const RELOAD_TIMEOUT_MS = 400;

export interface RemoteKeysOptions {
  /** UTC milliseconds. */
  readonly clock: { now(): number };
  /** Told when the address does not answer with keys. */
  readonly log: { warn(fields: object, message: string): void };
  /** How long a request may be held up by the address. Default: RELOAD_TIMEOUT_MS. */
  readonly timeoutMs?: number;
}

/** More than any limit if the host's clock was set back: else keys that were rotated would be unknown for as long. */
const sinceMs = (clock: { now(): number }, at: number): number =>
  clock.now() < at ? Number.POSITIVE_INFINITY : clock.now() - at;

/**
 * Keys from the issuer's address. Once read they are kept until newer ones are there, however long the address is silent:
 * nobody is sent away because a key server is down. A token is held up for RELOAD_TIMEOUT_MS at most, and only when no keys
 * are there yet, or it names a key that is not among them.
 *
 * @throws (the returned function) what jose throws; JWKSNoMatchingKey only after the address said that there is no such key
 */
export function remoteKeys(url: string, options: RemoteKeysOptions): JWTVerifyGetKey {
  const { clock, log, timeoutMs = RELOAD_TIMEOUT_MS } = options;
  // jose keeps the set, this function says when it is read: by itself jose would throw away old keys before it has new ones.
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: timeoutMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  let triedAt = Number.NEGATIVE_INFINITY;
  let toldAt = Number.NEGATIVE_INFINITY;
  let failure: { readonly error: unknown } | null = null;
  const sinceTriedMs = (): number => sinceMs(clock, triedAt);

  const tell = (error: unknown): void => {
    if (sinceMs(clock, toldAt) < RETRY_MS) return;
    toldAt = clock.now();
    log.warn({ code: 'KEYS_UNREAD', error }, 'the keys of tokens cannot be read; those read before stay in use');
  };
  const reload = async (): Promise<void> => {
    triedAt = clock.now();
    try {
      await keys.reload();
      failure = null;
    } catch (error) {
      failure = { error };
      tell(error);
      throw error;
    }
  };
  const refresh = (): void => {
    if (sinceTriedMs() >= (failure === null ? REFRESH_MS : RETRY_MS)) reload().catch(() => undefined);
  };
  return async (header, token) => {
    if (keys.jwks() === undefined) await reload();
    else refresh();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (sinceTriedMs() >= RETRY_MS || keys.reloading) await reload();
      else if (failure !== null) throw failure.error; // there may be such a key: nobody could be asked
      return await keys(header, token);
    }
  };
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
      if (!(error instanceof errors.JWKSNoMatchingKey) || sinceMs(clock, readAt) < REREAD_MS) throw error;
      readAt = clock.now();
      keys = await readKeys(path);
      return await keys(header, token);
    }
  };
}

async function readKeys(path: string): Promise<ReturnType<typeof createLocalJWKSet>> {
  return createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
}
