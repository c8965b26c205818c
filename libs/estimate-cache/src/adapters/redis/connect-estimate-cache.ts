import { createCacheConfig, type CacheConfig } from '../../cache-config.ts';
import type { OnRejected } from '../../format.ts';
import type { MarkStore } from '../../marks/port.ts';
import type { EstimateCache, WriterProgress } from '../../port.ts';
import { connectTopology } from './connect-topology.ts';
import type { RedisConnectionOptions } from './redis-connection.ts';
import { redisEstimateCache } from './redis-estimate-cache.ts';
import { redisMarkStore } from './redis-mark-store.ts';
import type { RedisTransport } from './redis-transport.ts';
import { redisWriterProgress } from './redis-writer-progress.ts';

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
  /** Runs scripts of key families that other libs own on the same servers; the keys of one call are in one slot. */
  readonly scripts: Pick<RedisTransport, 'run'>;
  /** What the operator should be told once: settings that work, but not well. */
  readonly warnings: readonly string[];
  /** Is the connection up? A look, not a round trip. */
  isReady(): boolean;
  close(): Promise<void>;
}

/**
 * Connects to the servers of the cache, by `topology`, and checks that the protocol holds on each of them.
 *
 * @throws {CacheUnavailable} (fate retry) if they cannot be reached now; nothing is left open, call it again
 * @throws {CachePolicyRefused} (fate crash) if one is a replica, older than 7, or evicts by a refused policy, or if the
 *   address leads to another topology
 * @throws {CacheConfigRefused} (fate crash) if the settings contradict each other
 */
export async function connectEstimateCache(options: EstimateCacheOptions): Promise<EstimateCacheConnection> {
  const config = createCacheConfig(options.config);
  const { keyGeneration } = config;
  const servers = await connectTopology({ ...options, keyGeneration });
  const { transport, warnings } = servers;
  const { random, onRejected } = options;
  return {
    cache: redisEstimateCache({ transport, config, ...(random && { random }), ...(onRejected && { onRejected }) }),
    progress: redisWriterProgress({ transport, keyGeneration }),
    marks: redisMarkStore({ transport, config, connectionsLost: () => servers.connectionsLost() }),
    scripts: { run: (calls) => transport.run(calls) },
    warnings,
    isReady: () => servers.isReady(),
    close: () => servers.close(),
  };
}
