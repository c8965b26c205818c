import { Redis } from 'ioredis';
import { createCacheConfig, type CacheConfig } from '../../cache-config.ts';
import type { OnRejected } from '../../format.ts';
import { CachePolicyRefused, CacheUnavailable } from '../../errors.ts';
import type { EstimateCache, WriterProgress } from '../../port.ts';
import { createServerWatch, SERVER_LOOK_MS } from './judge-server-again.ts';
import { judgeServer, type ServerReport } from './judge-server.ts';
import type { MarkStore } from '../../marks/port.ts';
import { redisEstimateCache } from './redis-estimate-cache.ts';
import { redisMarkStore } from './redis-mark-store.ts';
import { singleRedisTransport } from './redis-transport.ts';
import { redisWriterProgress } from './redis-writer-progress.ts';

export interface RedisConnectionOptions {
  /** `redis://[user:password@]host:port` or `rediss://`; database 0 only. */
  readonly url: string;
  /** Shown by CLIENT LIST. */
  readonly connectionName?: string;
  /** How long one round trip may take before a caller is told CACHE_UNAVAILABLE. */
  readonly commandTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Told of each lost connection; the next one is tried by itself. */
  readonly onConnectionError?: (error: Error) => void;
}

export interface EstimateCacheOptions extends RedisConnectionOptions {
  readonly config?: Partial<CacheConfig>;
  /** Uniform in [0, 1); cuts TTLs. */
  readonly random?: () => number;
  readonly onRejected?: OnRejected;
  /** Told, while it runs, why the server would no longer be taken at the start (its policy was changed). An alert: nothing stops. */
  readonly onServerRefused?: (reason: string) => void;
}

export interface EstimateCacheConnection {
  readonly cache: EstimateCache;
  readonly progress: WriterProgress;
  readonly marks: MarkStore;
  /** What the operator should be told once: settings that work, but not well. */
  readonly warnings: readonly string[];
  /** Is the connection up? A look, not a round trip. */
  isReady(): boolean;
  close(): Promise<void>;
}

const COMMAND_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
/** How long a polite end of a connection may take before it is torn down. */
const DISCONNECT_TIMEOUT_MS = 200;
const RECONNECT_MAX_MS = 1_000;
const RECONNECT_FIRST_MS = 25;
/** A server that is silent this long with commands waiting loses its connection, so that they do not pile up. */
const SILENCE_FACTOR = 4;

/**
 * A connection that fails fast: nothing queues while Redis is down, nothing is sent twice behind the caller's back
 * (a script that ran, and lost its answer, is repeated by whoever knows what it meant).
 */
export function createRedisConnection(options: RedisConnectionOptions): Redis {
  const { commandTimeoutMs = COMMAND_TIMEOUT_MS, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const redis = new Redis(options.url, {
    connectionName: options.connectionName ?? 'porchlight',
    lazyConnect: true,
    protocol: 2, // Envoy knows no other, and would cost each connection a second try
    disableClientInfo: true,
    enableReadyCheck: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    socketTimeout: commandTimeoutMs * SILENCE_FACTOR,
    retryStrategy: (times) => Math.min(RECONNECT_FIRST_MS * 2 ** Math.min(times, 10), RECONNECT_MAX_MS),
    // A primary that became a replica: connect again, by now the address may lead to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  redis.on('error', options.onConnectionError ?? (() => {}));
  return redis;
}

/** Hosted servers often refuse CONFIG: then nobody is warned. */
const saveSettingOf = (redis: Redis): Promise<string | null> =>
  redis
    .config('GET', 'save')
    .then((pair) => pair[1] ?? null)
    .catch(() => null);

const reportOf = async (redis: Redis): Promise<ServerReport> => ({
  info: await redis.info(),
  save: await saveSettingOf(redis),
});

/** @throws {CacheUnavailable} */
const firstReportOf = (redis: Redis): Promise<ServerReport> =>
  redis
    .connect()
    .then(() => reportOf(redis))
    .catch((error: unknown) => {
      throw new CacheUnavailable(error instanceof Error ? error.message : 'no connection', error);
    });

/** Looks at each server that a new connection leads to, and at the one that it has every SERVER_LOOK_MS. @returns ends it */
function watchServer(redis: Redis, onRefused?: (reason: string) => void): () => void {
  if (onRefused === undefined) return () => undefined;
  const look = createServerWatch(() => reportOf(redis), onRefused);
  const again = (): void => void look();
  redis.on('ready', again);
  const timer = setInterval(again, SERVER_LOOK_MS).unref();
  return () => clearInterval(timer);
}

/** @throws {CachePolicyRefused} if the protocol would not hold on this server */
function warningsOrRefusal(redis: Redis, report: ServerReport): readonly string[] {
  if ((redis.options.db ?? 0) !== 0) throw new CachePolicyRefused('the address names a database other than 0');
  const { refusal, warnings } = judgeServer(report);
  if (refusal !== null) throw new CachePolicyRefused(refusal);
  return warnings;
}

/**
 * Connects to one Redis (or one Envoy), and checks that the protocol holds there.
 *
 * @throws {CacheUnavailable} (fate retry) if Redis cannot be reached now; nothing is left open, call it again
 * @throws {CachePolicyRefused} (fate crash) if it is a replica, older than 7, or evicts by a refused policy
 * @throws {CacheConfigRefused} (fate crash) if the settings contradict each other
 */
export async function connectEstimateCache(options: EstimateCacheOptions): Promise<EstimateCacheConnection> {
  const config = createCacheConfig(options.config);
  const redis = createRedisConnection(options);
  try {
    const warnings = warningsOrRefusal(redis, await firstReportOf(redis));
    const stopWatching = watchServer(redis, options.onServerRefused);
    const transport = singleRedisTransport(redis, options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS);
    const { random, onRejected } = options;
    let connectionsLost = 0;
    redis.on('close', () => (connectionsLost += 1));
    return {
      cache: redisEstimateCache({ transport, config, ...(random && { random }), ...(onRejected && { onRejected }) }),
      progress: redisWriterProgress({ transport, keyGeneration: config.keyGeneration }),
      marks: redisMarkStore({ transport, config, connectionsLost: () => connectionsLost }),
      warnings,
      isReady: () => redis.status === 'ready',
      close: () => {
        stopWatching();
        return closeConnection(redis);
      },
    };
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

/** Lets what was sent be answered; a server that is gone is not waited for. */
async function closeConnection(redis: Redis): Promise<void> {
  await redis.quit().catch(() => redis.disconnect());
}
