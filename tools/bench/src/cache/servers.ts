import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisTopology } from '@porchlight/estimate-cache';
import { startEnvoy, startRedisCluster, startRedisShards } from '@porchlight/stack';
import { bareCluster, bareRedis, type BareRedis } from './bare-redis.adapter.ts';

/** Servers of one topology, all of them this bench's own, and the twin's connections to them. */
export interface Servers {
  readonly topology: RedisTopology;
  readonly url: string;
  readonly bare: BareRedis;
  stop(): Promise<void>;
}

/** A million homes must fit, and nothing is to be evicted or written to a disk meanwhile. */
const flags = { maxmemory: '4gb', appendonly: 'no' } as const;
const CLUSTER_NODE_TIMEOUT_MS = 15_000;

interface Started {
  readonly url: string;
  stop(): Promise<void>;
}

async function startSingle(dir: string, signal: AbortSignal): Promise<Started> {
  const shards = await startRedisShards({ count: 1, dir, flags, signal });
  return { url: `redis://${shards.nodes[0]?.address ?? ''}`, stop: () => shards.stop() };
}

async function startShardsBehindEnvoy(dir: string, signal: AbortSignal): Promise<Started> {
  const shards = await startRedisShards({ dir: join(dir, 'shards'), flags, signal });
  try {
    const upstream = { shards: shards.nodes.map(({ address }) => address) };
    const envoy = await startEnvoy({ dir: join(dir, 'envoy'), upstream, signal });
    return {
      url: envoy.url,
      async stop() {
        await envoy.stop();
        await shards.stop();
      },
    };
  } catch (thrown) {
    await shards.stop();
    throw thrown;
  }
}

/** Replicas would be two cores' third and fourth writers: they prove things, they are not measured. */
const startCluster = (dir: string, signal: AbortSignal): Promise<Started> =>
  startRedisCluster({ dir, flags, replicas: 0, nodeTimeoutMs: CLUSTER_NODE_TIMEOUT_MS, signal });

const starters: Record<RedisTopology, (dir: string, signal: AbortSignal) => Promise<Started>> = {
  single: startSingle,
  cluster: startCluster,
  envoy: startShardsBehindEnvoy,
};

/** Starts the servers of a topology in a folder of their own; `stop` leaves nothing behind. */
export async function startServers(topology: RedisTopology, signal: AbortSignal): Promise<Servers> {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-bench-cache-'));
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    const started = await starters[topology](dir, signal);
    const bare = topology === 'cluster' ? await bareCluster(started.url) : await bareRedis(started.url);
    return {
      topology,
      url: started.url,
      bare,
      async stop() {
        bare.close();
        await started.stop();
        await remove();
      },
    };
  } catch (thrown) {
    await remove();
    throw thrown;
  }
}
