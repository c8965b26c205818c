import {
  CacheConfigRefused,
  CacheFault,
  CachePolicyRefused,
  CacheUnavailable,
  connectEstimateCache,
  redisHomeInspector,
  type EstimateCacheConnection,
  type HomeInspector,
  type RedisTopology,
} from '@porchlight/estimate-cache';
import { CliError } from '../cli-error.ts';
import { printable } from '../terminal/printable.ts';

/** Where the estimate cache lies. */
export interface CachePlace {
  /** Holds a password: not for printing. */
  readonly redisUrl: string;
  readonly topology: RedisTopology;
  readonly keyGeneration: string;
}

/** What a command has while it is connected. */
export interface CachePorts extends Pick<EstimateCacheConnection, 'cache' | 'marks' | 'scripts' | 'warnings'> {
  readonly inspector: HomeInspector;
}

/** A person waits longer than a request does. */
const TIMEOUT_MS = 3_000;

/** What a command says of an error of the cache; any other error as it is. The texts never hold an address' password. */
export function explainCacheError(error: unknown): unknown {
  if (error instanceof CacheUnavailable)
    return new CliError(
      'REDIS_UNREACHABLE',
      `${printable(error.message)}: is Redis running, and are REDIS_URL and REDIS_TOPOLOGY right?`,
      error,
    );
  if (error instanceof CachePolicyRefused)
    return new CliError('CACHE_REFUSED', `${printable(error.message)}; every app refuses to start on it too`, error);
  if (error instanceof CacheConfigRefused) return new CliError('REDIS_URL_INVALID', printable(error.message), error);
  if (error instanceof CacheFault)
    return new CliError(
      'CACHE_REFUSED',
      `${printable(error.message)}: has the user of REDIS_URL the rights that this command needs?`,
      error,
    );
  return error;
}

/**
 * Works on the estimate cache, and lets it go whatever happens.
 *
 * @throws {CliError} REDIS_UNREACHABLE, REDIS_URL_INVALID, CACHE_REFUSED, and what the work throws
 */
export async function withCache<T>(place: CachePlace, work: (ports: CachePorts) => Promise<T>): Promise<T> {
  const { redisUrl: url, topology, keyGeneration } = place;
  let connection: EstimateCacheConnection | undefined;
  try {
    connection = await connectEstimateCache({
      url,
      topology,
      connectionName: 'porchlight-cli',
      commandTimeoutMs: TIMEOUT_MS,
      config: { keyGeneration },
    });
    const { cache, marks, scripts, warnings } = connection;
    return await work({ cache, marks, scripts, warnings, inspector: redisHomeInspector({ scripts, keyGeneration }) });
  } catch (error) {
    throw explainCacheError(error);
  } finally {
    await connection?.close();
  }
}
