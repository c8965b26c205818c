import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  connectEstimateCache,
  createWatermarks,
  freshnessOf,
  keysOf,
  randomNonce,
  type EstimateCacheConnection,
  type MarkReading,
  type MarkStore,
  type Watermarks,
} from '@porchlight/estimate-cache';
import { estimateOf, factsOf } from '@porchlight/estimate-cache/testing';
import {
  askRedis,
  startEnvoy,
  startRedisShards,
  waitUntil,
  type Envoy,
  type RedisNode,
  type RedisShards,
} from '@porchlight/stack';

/*
 * Behind Envoy a shard restarts between two calls: the connection stays, and no call fails. It comes back with an old memory
 * whose marks are what they were, for the invalidator is down; a value that had been removed is there again.
 */

const START_MS = 120_000;
const GONE_MS = 30_000;
const PARTITION = { topic: 'listing.status-changed', partition: 0 };
const BEGAN_AT = 1_795_000_000_000;
const GENERATION = 'e1';

let dir: string;
let shards: RedisShards;
let envoy: Envoy;
let connection: EstimateCacheConnection;
/** By the clock of the database. */
let now = BEGAN_AT;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-shard-restart-'));
  shards = await startRedisShards({ dir: join(dir, 'shards') });
  const upstream = { shards: shards.nodes.map(({ address }) => address) };
  envoy = await startEnvoy({ dir: join(dir, 'envoy'), upstream });
  connection = await connectEstimateCache({ url: envoy.url, topology: 'envoy', commandTimeoutMs: 10_000 });
}, START_MS);

afterAll(async () => {
  await connection?.close();
  await Promise.all([envoy?.stop(), shards?.stop()]);
  await rm(dir, { recursive: true, force: true });
}, START_MS);

async function store(propertyId: string): Promise<void> {
  const [answer] = await connection.cache.acquire([{ propertyId, nonce: randomNonce() }], 's');
  if (answer?.outcome !== 'win') throw new Error(`${propertyId} is somebody's already`);
  const facts = factsOf(1, { checkedAt: BEGAN_AT });
  const fill = { propertyId, class: 's' as const, ticket: answer.ticket, facts, estimate: estimateOf(1) };
  expect(await connection.cache.fill([fill])).toMatchObject([{ outcome: 'ok' }]);
}

const has = async ({ address }: RedisNode, propertyId: string): Promise<boolean> =>
  (await askRedis(address, 'EXISTS', keysOf(propertyId, GENERATION).value)) === 1;

/** Homes that are cached, each on a shard of its own. */
async function homesOfTwoShards(): Promise<[home: string, shard: RedisNode, elsewhere: string]> {
  const [first = '', ...others] = Array.from({ length: 20 }, (_, i) => `home-${i}`);
  for (const propertyId of [first, ...others]) await store(propertyId);
  const [shard] = await keepThose(shards.nodes, (node) => has(node, first));
  const [elsewhere] = await keepThose(others, async (propertyId) => !(await has(shard!, propertyId)));
  return [first, shard!, elsewhere!];
}

async function keepThose<T>(items: readonly T[], isWanted: (item: T) => Promise<boolean>): Promise<T[]> {
  const wanted = await Promise.all(items.map(isWanted));
  return items.filter((_, i) => wanted[i]);
}

/** The invalidator has applied everything up to now, on the memory that each bucket has now. */
async function vouch(): Promise<void> {
  const readings = await connection.marks.read();
  const commandOf = (reading: MarkReading | null) => ({
    ...PARTITION,
    run: reading?.run ?? null,
    fromOffset: 0n,
    toOffset: 0n,
    untilAt: now,
  });
  const answers = await connection.marks.mark(
    readings.map((reading, bucket) => ({ bucket, commands: [commandOf(reading)] })),
  );
  expect(new Set(answers.map((each) => each?.[0]?.outcome))).toEqual(new Set(['marked']));
}

const reads = (marks: Pick<MarkStore, 'read' | 'connectionsLost'>): Watermarks =>
  createWatermarks({
    store: marks,
    progress: async () => ({ publishedUntilAt: now, partitions: { [PARTITION.topic]: 1 } }),
    databaseNow: () => now,
    clock: { after: () => ({ cancel: () => undefined }) },
  });

/** Takes every server for one and the same. */
const blind = (): Pick<MarkStore, 'read' | 'connectionsLost'> => ({
  read: async () => (await connection.marks.read()).map((reading) => reading && { ...reading, run: 'whoever' }),
  connectionsLost: () => connection.marks.connectionsLost(),
});

/** Back with the memory that was kept; nobody has called in between, and Envoy knows that the old connection is gone. */
async function goBack(shard: RedisNode): Promise<void> {
  await shard.kill();
  const isGone = async () => {
    const clusters = await (await fetch(`${envoy.adminUrl}/clusters`)).text();
    return clusters.includes(`::${shard.address}::cx_active::0`);
  };
  expect(await waitUntil(isGone, { withinMs: GONE_MS })).toBe(true);
  await shard.putFilesBack();
  await shard.start();
}

async function verdictsOf(reader: Watermarks, homes: readonly string[]): Promise<string[]> {
  const markOf = reader.taken();
  const values = await connection.cache.read(homes);
  return values.map((value, i) => {
    if (value === null) return 'miss';
    return freshnessOf(value, { databaseNow: now, cacheNow: Date.now(), mark: markOf(homes[i] ?? '') }).verdict;
  });
}

/** A second goes by, and both read the marks. */
async function poll(...readers: readonly Watermarks[]): Promise<void> {
  now += 1_000;
  for (const reader of readers) await reader.poll();
}

test('a value that a shard has again is checked, until the feed has vouched for that memory; the homes of others are served', async () => {
  const [hidden, shard, elsewhere] = await homesOfTwoShards();
  const homes = [hidden, elsewhere];
  const position = { ...PARTITION, seenOffset: null, nextOffset: 0n, sinceAt: 0 };
  await connection.marks.reset(Array.from({ length: 128 }, (_, bucket) => ({ bucket, commands: [position] })));
  const [reader, blindReader] = [reads(connection.marks), reads(blind())];
  await poll(reader, blindReader);
  now += 1_000;
  await vouch();
  await poll(reader, blindReader);
  expect(await verdictsOf(reader, homes)).toEqual(['serve', 'serve']);
  await askRedis(shard.address, 'SAVE');
  await shard.keepFiles();

  expect(await connection.cache.invalidate([{ propertyId: hidden, visibilityVersion: 2 }])).toEqual(['removed']);
  expect(await verdictsOf(reader, homes)).toEqual(['miss', 'serve']);
  const lostBefore = connection.marks.connectionsLost();
  await goBack(shard);
  await poll(reader, blindReader);
  expect(await verdictsOf(reader, homes)).toEqual(['check', 'serve']);
  expect(await verdictsOf(blindReader, homes)).toEqual(['serve', 'serve']); // what the runs are read for
  expect(connection.marks.connectionsLost()).toBe(lostBefore); // nothing else has told

  await poll(reader);
  expect(await verdictsOf(reader, homes)).toEqual(['check', 'serve']);
  await vouch();
  await poll(reader);
  expect(await verdictsOf(reader, homes)).toEqual(['serve', 'serve']);
});
