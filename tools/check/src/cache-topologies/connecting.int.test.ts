import { expect, test } from '@jest/globals';
import { connectCacheTime, connectEstimateCache, type RedisTopology } from '@porchlight/estimate-cache';
import type { RedisNode } from '@porchlight/stack';
import { Redis } from 'ioredis';
import { topologiesOfFile } from './testing/topologies-of-file.ts';

/** Servers and test run on one machine: their clocks differ by the time of a round trip. */
const CLOCKS_DIFFER_MS = 5_000;

const topologies = topologiesOfFile();

/** Sets something on one server while `act` runs. */
async function withSetting(node: RedisNode, name: string, value: string, act: () => Promise<void>): Promise<void> {
  const redis = new Redis(`redis://${node.address}`);
  const [, before = ''] = await redis.config('GET', name);
  try {
    await redis.config('SET', name, value);
    await act();
  } finally {
    await redis.config('SET', name, before);
    redis.disconnect();
  }
}

const warningsOf = async (servers: { url: string; topology: RedisTopology }): Promise<readonly string[]> => {
  const connection = await connectEstimateCache(servers);
  await connection.close();
  return connection.warnings;
};

test('every server is taken without a word as it is set up here', async () => {
  expect(await Promise.all(Object.values(topologies().servers).map(warningsOf))).toEqual([[], [], []]);
});

test('one server with a refused policy is enough to be refused, wherever it stands', async () => {
  const { cluster, shards, servers } = topologies();
  const refused = {
    code: 'CACHE_POLICY_REFUSED',
    fate: 'crash',
    message: expect.stringContaining('its maxmemory-policy is allkeys-lru'),
  };
  await withSetting(cluster.nodes[2]!, 'maxmemory-policy', 'allkeys-lru', async () => {
    await expect(connectEstimateCache(servers.cluster)).rejects.toMatchObject(refused);
    await expect(connectEstimateCache(servers['envoy before a cluster'])).rejects.toMatchObject(refused);
  });
  await withSetting(shards.nodes[1]!, 'maxmemory-policy', 'allkeys-lru', async () => {
    await expect(connectEstimateCache(servers.envoy)).rejects.toMatchObject(refused);
  });
});

test('snapshots on one server, and a cluster that stops as a whole, are warned of', async () => {
  const { cluster, shards, servers } = topologies();
  await withSetting(shards.nodes[2]!, 'save', '3600 1', async () => {
    expect(await warningsOf(servers.envoy)).toEqual([expect.stringContaining('RDB snapshots are on (save "3600 1")')]);
  });
  await withSetting(cluster.nodes[1]!, 'cluster-require-full-coverage', 'yes', async () => {
    expect(await warningsOf(servers.cluster)).toEqual([
      expect.stringContaining('cluster-require-full-coverage is yes'),
    ]);
  });
});

test('an address that leads to another topology is refused, with the one that it is', async () => {
  const { cluster, shards } = topologies();
  const node = `redis://${cluster.nodes[0]!.address}`;
  const shard = `redis://${shards.nodes[0]!.address}`;
  const cases: [string, RedisTopology, string][] = [
    [node, 'single', 'it is a node of a Redis Cluster'],
    [cluster.url, 'single', 'the address names several nodes'],
    [cluster.url, 'envoy', 'of Envoy it is one'],
    [shard, 'cluster', 'is no node of a Redis Cluster'],
  ];
  for (const [url, topology, words] of cases) {
    await expect(connectEstimateCache({ url, topology })).rejects.toMatchObject({
      code: 'CACHE_POLICY_REFUSED',
      message: expect.stringContaining(words),
    });
  }
});

test('one node of a cluster is enough to find the others, and a replica is one', async () => {
  const connection = await connectEstimateCache({
    url: `redis://${topologies().cluster.nodes[4]!.address}`,
    topology: 'cluster',
  });
  expect(await connection.cache.read(Array.from({ length: 200 }, (_, i) => `h-${i}`))).toEqual(
    Array.from({ length: 200 }, () => null),
  );
  await connection.close();
});

test.each(['cluster', 'envoy', 'envoy before a cluster'] as const)(
  'the time on %s is that of its servers',
  async (name) => {
    const time = await connectCacheTime(topologies().servers[name]);
    const before = Date.now();
    expect(Math.abs((await time.readTime()) - before)).toBeLessThan(CLOCKS_DIFFER_MS);
    await time.close();
  },
);

test('with a server away, Envoy is connected to, and the time is that of the others', async () => {
  const [victim] = topologies().shards.nodes;
  await victim!.kill();
  const connection = await connectEstimateCache(topologies().servers.envoy);
  const time = await connectCacheTime(topologies().servers.envoy);
  expect(Math.abs((await time.readTime()) - Date.now())).toBeLessThan(CLOCKS_DIFFER_MS);
  await Promise.all([connection.close(), time.close()]);
  await victim!.start();
});
