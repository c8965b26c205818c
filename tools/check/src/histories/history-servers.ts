import { join } from 'node:path';
import type { CacheServers } from '@porchlight/estimate-cache/testing/histories';
import { startRedisTopologies, startStack } from '@porchlight/stack';
import type { Say } from '../check.ts';

const INSTANCE = 'histories';

/** Where histories are played. `envoy on cluster`: a proxy before the cluster's own primaries. */
export const topologyNames = ['single', 'cluster', 'envoy', 'envoy-on-cluster'] as const;
export type TopologyChoice = (typeof topologyNames)[number];

export interface HistoryServers {
  /** One Redis: the control and planted faults are played there. */
  readonly single: CacheServers;
  /** Where the shipped adapter is played. */
  readonly ours: CacheServers;
  stop(): Promise<void>;
}

/** Starts servers of the check's own: evictions and time are ours to make there. */
export async function startHistoryServers(
  topology: TopologyChoice,
  say: Say,
  signal: AbortSignal,
): Promise<HistoryServers> {
  const stack = await startStack({
    instance: INSTANCE,
    services: ['redis'],
    environment: { ...process.env, REDIS_URL: undefined },
    onProgress: ({ phase, detail }) => say(`redis: ${phase} ${detail}`),
    signal,
  });
  const single: CacheServers = { url: stack.redisUrl, topology: 'single' };
  if (topology === 'single') return { single, ours: single, stop: () => stack.stop() };
  try {
    say(
      'starting a Redis Cluster of three primaries with replicas, three servers behind an Envoy, and an Envoy before the cluster',
    );
    const started = await startRedisTopologies(join(stack.folder, 'topologies'), signal);
    const ours = started.servers[topology === 'envoy-on-cluster' ? 'envoy before a cluster' : topology];
    return { single, ours, stop: async () => void (await Promise.all([started.stop(), stack.stop()])) };
  } catch (thrown) {
    await stack.stop();
    throw thrown;
  }
}
