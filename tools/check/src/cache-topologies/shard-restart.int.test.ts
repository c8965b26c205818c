import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
import { askRedis, waitUntil, type RedisNode } from '@porchlight/stack';
import { topologiesOfFile } from './testing/topologies-of-file.ts';

/*
 * Behind Envoy a server restarts, or is promoted, between two calls: the connection stays, and no call fails. The marks are what
 * they were, for the invalidator is down; a value that had been removed may be there again.
 */

const TEST_MS = 120_000;
const WITHIN_MS = 60_000;
const PARTITION = { topic: 'listing.status-changed', partition: 0 };
const BEGAN_AT = 1_795_000_000_000;
const GENERATION = 'e1';
const HOMES = Array.from({ length: 30 }, (_, i) => `home-${i}`);

type Store = Pick<MarkStore, 'read' | 'connectionsLost'>;

const topologies = topologiesOfFile();

const isTrue = async (ask: () => Promise<boolean>): Promise<void> => {
  expect(await waitUntil(ask, { withinMs: WITHIN_MS })).toBe(true);
};

const keyOf = (propertyId: string): string => keysOf(propertyId, GENERATION).value;

const has = async ({ address }: { readonly address: string }, propertyId: string): Promise<boolean> =>
  (await askRedis(address, 'EXISTS', keyOf(propertyId)).catch(() => 0)) === 1;

/** A cache behind Envoy with homes in it, and two who read its marks and hear of no connection that is lost. */
class World {
  /** By the clock of the database. */
  now = BEGAN_AT;
  readonly connection: EstimateCacheConnection;
  readonly reader: Watermarks;
  /** Takes every server for one and the same. */
  readonly blind: Watermarks;
  #unread = 0;

  private constructor(connection: EstimateCacheConnection) {
    this.connection = connection;
    const { marks } = connection;
    const nothingLost = { connectionsLost: () => 0 };
    this.reader = this.#reads({ ...nothingLost, read: () => marks.read() });
    this.blind = this.#reads({
      ...nothingLost,
      read: async () => (await marks.read()).map((reading) => reading && { ...reading, run: 'whoever' }),
    });
  }

  /** Every home is cached, and has been vouched for since. */
  static async open(url: string): Promise<World> {
    const world = new World(await connectEstimateCache({ url, topology: 'envoy', commandTimeoutMs: 10_000 }));
    for (const propertyId of HOMES) await world.#store(propertyId);
    const position = { ...PARTITION, seenOffset: null, nextOffset: 0n, sinceAt: 0 };
    const all = Array.from({ length: 128 }, (_, bucket) => ({ bucket, commands: [position] }));
    expect(new Set((await world.connection.marks.reset(all)).flat())).toEqual(new Set(['reset']));
    await world.poll();
    await world.vouch();
    await world.poll();
    return world;
  }

  /** The invalidator has applied everything up to now, on the memory that each bucket has now. */
  async vouch(): Promise<void> {
    this.now += 1_000;
    const { marks } = this.connection;
    const untilAt = this.now;
    const commandOf = (reading: MarkReading | null) => ({
      ...PARTITION,
      run: reading?.run ?? null,
      fromOffset: 0n,
      toOffset: 0n,
      untilAt,
    });
    await isTrue(async () => {
      const read = await marks.read();
      const answers = await marks.mark(read.map((reading, bucket) => ({ bucket, commands: [commandOf(reading)] })));
      return answers.every((each) => each?.[0]?.outcome === 'marked');
    });
  }

  /** A second goes by, and both have read the marks of every bucket. */
  async poll(): Promise<void> {
    this.now += 1_000;
    for (const reader of [this.reader, this.blind]) {
      await isTrue(async () => {
        await reader.poll();
        return this.#unread === 0;
      });
    }
  }

  /** What a reader makes of these homes, all of which are cached. */
  async verdicts(reader: Watermarks, homes: readonly string[]): Promise<readonly string[] | undefined> {
    const ask = async () => {
      const markOf = reader.taken();
      const values = await this.connection.cache.read(homes);
      const found = values.flatMap((value, i) => {
        const mark = markOf(homes[i] ?? '');
        return value === null
          ? []
          : [freshnessOf(value, { databaseNow: this.now, cacheNow: Date.now(), mark }).verdict];
      });
      return found.length === homes.length && found;
    };
    return await waitUntil(ask, { withinMs: WITHIN_MS });
  }

  #reads(store: Store): Watermarks {
    return createWatermarks({
      store,
      progress: async () => ({ publishedUntilAt: this.now, partitions: { [PARTITION.topic]: 1 } }),
      databaseNow: () => this.now,
      clock: { after: () => ({ cancel: () => undefined }) },
      onPoll: ({ bucketsUnreachable }) => void (this.#unread = bucketsUnreachable),
    });
  }

  async #store(propertyId: string): Promise<void> {
    const { cache } = this.connection;
    const [answer] = await cache.acquire([{ propertyId, nonce: randomNonce() }], 's');
    if (answer?.outcome !== 'win') throw new Error(`${propertyId} is somebody's already`);
    const facts = factsOf(1, { checkedAt: BEGAN_AT });
    const fill = { propertyId, class: 's' as const, ticket: answer.ticket, facts, estimate: estimateOf(1) };
    expect(await cache.fill([fill])).toMatchObject([{ outcome: 'ok' }]);
  }
}

let world: World;
afterAll(() => world?.connection.close());

/** A home of this server, and one of another. */
async function homesAt(server: RedisNode): Promise<[here: string, elsewhere: string]> {
  const areHere = await Promise.all(HOMES.map((propertyId) => has(server, propertyId)));
  return [HOMES[areHere.indexOf(true)]!, HOMES[areHere.indexOf(false)]!];
}

/** Its replica has everything that it has now. */
async function isCopied({ address }: RedisNode): Promise<void> {
  const offsetIn = (info: unknown, name: RegExp) => Number(name.exec(String(info))?.[1] ?? -1);
  const written = offsetIn(await askRedis(address, 'INFO', 'replication'), /master_repl_offset:(\d+)/);
  await isTrue(async () => {
    const info = await askRedis(address, 'INFO', 'replication');
    return offsetIn(info, /slave0:.*offset=(\d+)/) >= written;
  });
}

describe('a server behind Envoy that restarts', () => {
  beforeAll(async () => {
    world = await World.open(topologies().servers.envoy.url);
  }, TEST_MS);

  test(
    'with an old memory: its values are checked, until the feed has vouched for that memory; those of others are served',
    async () => {
      const { shards, envoy } = topologies();
      const [shard] = shards.nodes as [RedisNode];
      const homes = await homesAt(shard);
      expect(await world.verdicts(world.reader, homes)).toEqual(['serve', 'serve']);
      await askRedis(shard.address, 'SAVE');
      await shard.keepFiles();
      const [hidden] = homes;
      const removed = await world.connection.cache.invalidate([{ propertyId: hidden, visibilityVersion: 2 }]);
      expect([removed, await has(shard, hidden)]).toEqual([['removed'], false]);

      await shard.kill();
      await isTrue(async () => {
        const clusters = await (await fetch(`${envoy.adminUrl}/clusters`)).text();
        return clusters.includes(`::${shard.address}::cx_active::0`);
      });
      await shard.putFilesBack();
      await shard.start();
      await world.poll();
      expect(await world.verdicts(world.reader, homes)).toEqual(['check', 'serve']);
      expect(await world.verdicts(world.blind, homes)).toEqual(['serve', 'serve']); // what the runs are read for
      await world.poll();
      expect(await world.verdicts(world.reader, homes)).toEqual(['check', 'serve']);
      await world.vouch();
      await world.poll();
      expect(await world.verdicts(world.reader, homes)).toEqual(['serve', 'serve']);
    },
    TEST_MS,
  );
});

describe('a primary behind Envoy whose replica is promoted', () => {
  beforeAll(async () => {
    await world.connection.close();
    world = await World.open(topologies().servers['envoy before a cluster'].url);
  }, TEST_MS);

  test(
    'its values are checked, until the feed has vouched for the memory of the replica; those of others are served',
    async () => {
      const { cluster, envoyOnCluster } = topologies();
      const primary = await cluster.primaryOf(await cluster.slotOf(keyOf(HOMES[0]!)));
      const homes = await homesAt(primary);
      expect(await world.verdicts(world.reader, homes)).toEqual(['serve', 'serve']);
      await isCopied(primary);
      await primary.kill();
      await isTrue(() => has({ address: envoyOnCluster.address }, homes[0]));
      await world.poll();
      expect(await world.verdicts(world.reader, homes)).toEqual(['check', 'serve']);
      expect(await world.verdicts(world.blind, homes)).toEqual(['serve', 'serve']);
      await world.vouch();
      await world.poll();
      expect(await world.verdicts(world.reader, homes)).toEqual(['serve', 'serve']);
    },
    TEST_MS,
  );
});
