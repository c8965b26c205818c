import { join } from 'node:path';
import { startEnvoy, type Envoy } from './envoy.ts';
import { startRedisCluster, type RedisCluster } from './redis-cluster.ts';
import { startRedisShards, type RedisShards } from './redis-shards.ts';

/** A Redis Cluster, three servers behind an Envoy, and another Envoy before the cluster. */
export interface RedisTopologies {
  readonly cluster: RedisCluster;
  readonly shards: RedisShards;
  readonly envoy: Envoy;
  readonly envoyOnCluster: Envoy;
  /** How a cache connects to each (for an app: REDIS_URL and REDIS_TOPOLOGY): the options `url` and `topology` of connectEstimateCache. */
  readonly servers: Readonly<
    Record<RedisTopologyName, { readonly url: string; readonly topology: 'cluster' | 'envoy' }>
  >;
  stop(): Promise<void>;
}

export type RedisTopologyName = 'cluster' | 'envoy' | 'envoy before a cluster';

/**
 * Starts them all as local processes, in about five seconds.
 *
 * @param dir  a folder of their own; what is there is thrown away
 * @throws {StackError} what was started is stopped again
 */
export async function startRedisTopologies(dir: string, signal?: AbortSignal): Promise<RedisTopologies> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.map((each) => each()));
  };
  const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const it = await starting;
    stops.push(() => it.stop());
    return it;
  };
  try {
    const [cluster, shards] = await Promise.all([
      started(startRedisCluster({ dir: join(dir, 'cluster'), signal })),
      started(startRedisShards({ dir: join(dir, 'shards'), signal })),
    ]);
    const addressesOf = (nodes: readonly { address: string }[]) => nodes.map(({ address }) => address);
    const upstream = { shards: addressesOf(shards.nodes) };
    const envoy = await started(startEnvoy({ dir: join(dir, 'envoy'), upstream, signal }));
    const behind = { cluster: addressesOf(await cluster.primaries()) };
    const envoyOnCluster = await started(startEnvoy({ dir: join(dir, 'envoy-on-cluster'), upstream: behind, signal }));
    return {
      cluster,
      shards,
      envoy,
      envoyOnCluster,
      servers: {
        cluster: { url: cluster.url, topology: 'cluster' },
        envoy: { url: envoy.url, topology: 'envoy' },
        'envoy before a cluster': { url: envoyOnCluster.url, topology: 'envoy' },
      },
      stop,
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
