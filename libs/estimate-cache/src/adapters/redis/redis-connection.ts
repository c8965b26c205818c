import { Redis } from 'ioredis';
import { watchSilence } from './silence-watch.ts';

/** How the cache's servers are reached: one Redis, a Redis Cluster by its own nodes, or an Envoy in front of either. */
export type RedisTopology = 'single' | 'cluster' | 'envoy';

export interface RedisConnectionOptions {
  /** `redis://[user:password@]host:port` or `rediss://`; of a cluster some of its nodes, `redis://host:port,host:port`. Database 0 only. */
  readonly url: string;
  /** Default: `single`. */
  readonly topology?: RedisTopology;
  /** Shown by CLIENT LIST. */
  readonly connectionName?: string;
  /** How long one round trip may take before a caller is told CACHE_UNAVAILABLE. */
  readonly commandTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Told of each lost connection; the next one is tried by itself. */
  readonly onConnectionError?: (error: Error) => void;
}

export const COMMAND_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
/** How long a polite end of a connection may take before it is torn down. */
const DISCONNECT_TIMEOUT_MS = 200;
const RECONNECT_MAX_MS = 1_000;
const RECONNECT_FIRST_MS = 25;
/** A server that is silent this long with commands waiting loses its connection, so that they do not pile up. */
const SILENCE_FACTOR = 4;

/**
 * A connection to one server that fails fast: nothing queues while Redis is down, nothing is sent twice behind the
 * caller's back (a script that ran, and lost its answer, is repeated by whoever knows what it meant).
 */
export function createRedisConnection(options: RedisConnectionOptions): Redis {
  const { commandTimeoutMs = COMMAND_TIMEOUT_MS, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const redis = new Redis(options.url, {
    connectionName: options.connectionName ?? 'porchlight',
    lazyConnect: true,
    protocol: 2, // Envoy knows no other, and would cost each connection a second try
    disableClientInfo: true,
    // Through Envoy INFO fails while any of its shards is away: nobody could connect, for the sake of one shard.
    enableReadyCheck: options.topology !== 'envoy',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(RECONNECT_FIRST_MS * 2 ** Math.min(times, 10), RECONNECT_MAX_MS),
    // A primary that became a replica: connect again, by now the address may lead to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  watchSilence(redis, commandTimeoutMs * SILENCE_FACTOR);
  redis.on('error', options.onConnectionError ?? (() => {}));
  return redis;
}

/** Lets what was sent be answered; a server that is gone is not waited for. */
export async function closeConnection(redis: Redis): Promise<void> {
  await redis.quit().catch(() => redis.disconnect());
}
