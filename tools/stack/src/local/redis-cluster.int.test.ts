import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askRedis } from '../probe/redis.adapter.ts';
import { waitUntil } from '../wait-until.ts';
import { startEnvoy, type Envoy } from './envoy.ts';
import { startRedisCluster, type RedisCluster } from './redis-cluster.ts';
import { startRedisShards, type RedisShards } from './redis-shards.ts';

const START_MS = 120_000;
const PROMOTED_MS = 30_000;
/** Of the key `moved`. */
const SLOT = 1999;

let dir: string;
let cluster: RedisCluster;
let shards: RedisShards;
let envoy: Envoy;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-redis-'));
  [cluster, shards] = await Promise.all([
    startRedisCluster({ dir: join(dir, 'cluster') }),
    startRedisShards({ dir: join(dir, 'shards') }),
  ]);
  const upstream = { shards: shards.nodes.map(({ address }) => address) };
  envoy = await startEnvoy({ dir: join(dir, 'envoy'), upstream });
}, START_MS);

afterAll(async () => {
  await Promise.all([envoy?.stop(), shards?.stop(), cluster?.stop()]);
  await rm(dir, { recursive: true, force: true });
}, START_MS);

test('a slot that is half-moved has keys on both sides, and its new owner when it is whole', async () => {
  expect(await askRedis(cluster.nodes[0]!.address, 'CLUSTER', 'KEYSLOT', 'moved')).toBe(SLOT);
  const from = await cluster.primaryOf(SLOT);
  const to = (await cluster.primaries()).find((node) => node !== from)!;
  await askRedis(from.address, 'MSET', '{moved}1', 'a', '{moved}2', 'b');
  const moving = await cluster.openSlot(SLOT, to);
  expect(await moving.moveKeys(1)).toBe(1);
  await expect(askRedis(from.address, 'MGET', '{moved}1', '{moved}2')).rejects.toThrow('TRYAGAIN');
  await moving.finish();
  expect(await cluster.primaryOf(SLOT)).toBe(to);
  expect(await askRedis(to.address, 'MGET', '{moved}1', '{moved}2')).toEqual(['a', 'b']);
  await cluster.moveSlots([SLOT], from);
  expect(await cluster.primaryOf(SLOT)).toBe(from);
});

test(
  'a primary that is killed is followed by its replica, and comes back as that',
  async () => {
    const primary = await cluster.primaryOf(0);
    await primary.kill();
    expect(await primary.isRunning()).toBe(false);
    const promoted = await waitUntil(
      async () => {
        const now = await cluster.primaryOf(0);
        return now === primary ? undefined : now;
      },
      { withinMs: PROMOTED_MS },
    );
    expect(promoted?.address).toBe(cluster.nodes[3]!.address);
    await primary.start();
    const role = await waitUntil(
      async () => ((await askRedis(primary.address, 'ROLE')) as string[])[0] === 'slave' || undefined,
      { withinMs: PROMOTED_MS },
    );
    expect(role).toBe(true);
  },
  START_MS,
);

test('behind Envoy the keys of one hash tag are on one shard, and a shard that is gone takes only its own keys along', async () => {
  const address = new URL(envoy.url).host;
  const tags = Array.from({ length: 30 }, (_, i) => i);
  for (const tag of tags) {
    await askRedis(address, 'SET', `{${tag}}a`, '1');
    await askRedis(address, 'SET', `{${tag}}b`, '1');
  }
  const keys = await Promise.all(
    shards.nodes.map(async (node) => ((await askRedis(node.address, 'KEYS', '{*')) as string[]).toSorted()),
  );
  expect(keys.flat().length).toBe(2 * tags.length);
  expect(keys.every((each) => each.length > 0 && each.length % 2 === 0)).toBe(true);
  await shards.nodes[0]!.kill();
  const lost = new Set(keys[0]);
  const answers = await Promise.all(
    tags.map(async (tag) => [`{${tag}}a`, await askRedis(address, 'GET', `{${tag}}a`).catch(() => 'lost')] as const),
  );
  expect(answers).toEqual(answers.map(([key]) => [key, lost.has(key) ? 'lost' : '1']));
  await shards.nodes[0]!.start();
  const isBack = await waitUntil(
    async () => (await askRedis(address, 'GET', keys[0]![0]!).catch(() => 'lost')) === null || undefined,
    { withinMs: PROMOTED_MS },
  );
  expect(isBack).toBe(true);
});
