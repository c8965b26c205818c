import { connectCluster } from './connect-cluster.ts';
import { connectEnvoy } from './connect-envoy.ts';
import { connectSingle } from './connect-single.ts';
import type { RedisTopology } from './redis-connection.ts';
import type { TopologyConnection, TopologyOptions } from './topology-connection.ts';

const connects: Record<RedisTopology, (options: TopologyOptions) => Promise<TopologyConnection>> = {
  single: connectSingle,
  cluster: connectCluster,
  envoy: connectEnvoy,
};

/**
 * Connects to the servers of the cache.
 *
 * @throws {CacheUnavailable} (fate retry) if they cannot be reached now; nothing is left open, call it again
 * @throws {CachePolicyRefused | CacheConfigRefused} (fate crash)
 */
export const connectTopology = (options: TopologyOptions): Promise<TopologyConnection> =>
  connects[options.topology ?? 'single'](options);
