import {
  FlagChangeRefused,
  FlagsAddressInvalid,
  FlagsChangedMeanwhile,
  FlagsRefused,
  FlagsUnavailable,
  redisFlagStore,
  type FlagStore,
} from '@porchlight/rollout';
import { CliError } from '../cli-error.ts';
import { printable } from '../terminal/printable.ts';

/** Where the flags lie. */
export interface FlagsPlace {
  /** Holds a password: not for printing. */
  readonly redisUrl: string;
  readonly topology: 'single' | 'cluster' | 'envoy';
  readonly key: string;
}

/** A person waits longer than a process that polls. */
const TIMEOUT_MS = 3_000;

function explain(error: unknown, { key }: FlagsPlace): unknown {
  if (error instanceof FlagsAddressInvalid) return new CliError('REDIS_URL_INVALID', error.message, error);
  if (error instanceof FlagChangeRefused) return new CliError('FLAG_CHANGE_REFUSED', error.message, error);
  if (error instanceof FlagsChangedMeanwhile)
    return new CliError(
      'FLAGS_CHANGED_MEANWHILE',
      `${error.message}: npx porchlight flags list shows what they are now, and the same command again starts from there`,
      error,
    );
  if (error instanceof FlagsRefused)
    return new CliError(
      'FLAGS_REFUSED',
      `what lies under ${printable(key)} is no document of flags (${printable(error.problems.join('; '))}): every process goes on with the last good one; npx porchlight flags reset --all puts an empty one in its place`,
      error,
    );
  if (error instanceof FlagsUnavailable)
    return new CliError(
      'REDIS_UNREACHABLE',
      `${printable(error.message)}: is Redis running, and are REDIS_URL and REDIS_TOPOLOGY right? If something was being written, npx porchlight flags list says whether it was`,
      error,
    );
  return error;
}

/**
 * Works on the store of flags, and lets it go whatever happens.
 *
 * @throws {CliError} REDIS_UNREACHABLE, REDIS_URL_INVALID, FLAGS_REFUSED, FLAG_CHANGE_REFUSED, FLAGS_CHANGED_MEANWHILE
 */
export async function withFlags<T>(place: FlagsPlace, work: (store: FlagStore) => Promise<T>): Promise<T> {
  const { redisUrl: url, topology, key } = place;
  let store: FlagStore | undefined;
  try {
    store = redisFlagStore({ url, topology, key, connectionName: 'porchlight-cli', timeoutMs: TIMEOUT_MS });
    return await work(store);
  } catch (error) {
    throw explain(error, place);
  } finally {
    await store?.close();
  }
}
