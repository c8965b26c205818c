import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Estimate, Facts } from '@porchlight/contracts';
import {
  bucketOf,
  BUCKETS,
  connectEstimateCache,
  createRedisConnection,
  feedPartitionName,
  type BucketMark,
} from '@porchlight/estimate-cache';
import { connectCatalog, openOutbox, type OutboxSession } from '@porchlight/property-catalog';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import {
  addressFrom,
  openRealStream,
  renamedTopics,
  uniqueName,
  untilTrue,
  type RealStream,
} from '@porchlight/stream-app/testing';
import { changeTopics, startRealFeed } from './testing/real-feed.ts';
import { refusingProxy, type RefusingProxy } from './testing/refusing-proxy.ts';

const estimate: Estimate = { estimateVersion: 3, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 };
const factsAt = (visibilityVersion: number): Facts => ({
  ...{ visibilityVersion, status: 'off_market', mlsId: null, overrideLevel: null },
  checkedAt: Date.now(),
});

const streams = renamedTopics(changeTopics);
let stream: RealStream;
let proxy: RefusingProxy;
let database: TestDatabase;
let catalog: ReturnType<typeof connectCatalog>;
let outbox: OutboxSession;
let raw: ReturnType<typeof createRedisConnection>;
beforeAll(async () => {
  stream = await openRealStream(Object.values(streams));
  proxy = await refusingProxy(addressFrom('REDIS_URL'));
  database = await createTestDatabase(addressFrom('DATABASE_URL'));
  catalog = connectCatalog({ databaseUrl: database.databaseUrl });
  outbox = await openOutbox({ databaseUrl: database.databaseUrl, idleMsMax: 120_000 });
  raw = createRedisConnection({ url: addressFrom('REDIS_URL') });
  await raw.connect();
});
afterAll(async () => {
  await outbox.close();
  await Promise.all([catalog.close(), raw.quit(), proxy.close(), stream.close()]);
  await database.drop();
});

const running: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  proxy.refused.clear();
  // The last first: what reads goes before what it reads from.
  for (const each of running.splice(0).toReversed()) await each.stop();
});

/** A memory of its own: another key generation. Topics and group are one for all tests. */
async function setUp(url = addressFrom('REDIS_URL')) {
  const keyGeneration = uniqueName('t').slice(0, 16);
  const redis = await connectEstimateCache({ url, config: { keyGeneration } });
  running.push({ stop: () => redis.close() });
  const fatal: unknown[] = [];
  const keys = async (): Promise<string[]> => {
    const found = new Set<string>();
    for await (const page of raw.scanStream({ match: `${keyGeneration}:*`, count: 1_000 }))
      for (const key of page as string[]) found.add(key);
    return [...found];
  };
  /** Those that are read: on a busy machine one may be too late, and is read the next time. */
  const marks = async (): Promise<readonly BucketMark[]> => {
    const read = (await redis.marks.read()).flatMap((mark) => mark ?? []);
    return read.length === BUCKETS ? read : [];
  };
  const stored = async (propertyId: string) => (await redis.cache.read([propertyId]))[0] ?? null;
  return {
    keyGeneration,
    fatal,
    keys,
    /** @returns puts these keys back as they are now: an older memory, once something has happened */
    remember: async (isWanted: (key: string) => boolean): Promise<() => Promise<void>> => {
      const wanted = (await keys()).filter(isWanted);
      const dumps = await Promise.all(wanted.map(async (key) => ({ key, dump: await raw.dumpBuffer(key) })));
      return async () => {
        for (const { key, dump } of dumps) await raw.restore(key, 0, dump ?? Buffer.alloc(0), 'REPLACE');
      };
    },
    marks,
    stored,
    start: async () => {
      const ports = { redis, catalog, streams, onFatal: (error: unknown) => void fatal.push(error) };
      const feed = await startRealFeed({ ...ports, join: (definitions) => stream.start(definitions) });
      running.push(feed);
      return feed;
    },
    /** A round of the relay that had nothing to publish. @returns its T */
    relayRound: async (): Promise<number> => {
      await outbox.lead();
      const publishedUntilAt = await outbox.clock();
      const written = [streams.listingStatusChanged, streams.sellerOverrideChanged, streams.mlsRuleChanged];
      const partitions = Object.fromEntries(written.map(({ name, partitions: count }) => [name, count]));
      await outbox.writeProgress({ publishedUntilAt, partitions });
      return publishedUntilAt;
    },
    fill: async (propertyId: string): Promise<void> => {
      const [won] = await redis.cache.acquire([{ propertyId, nonce: uniqueName('n') }], 's');
      if (won?.outcome !== 'win') throw new Error('a first caller wins');
      await redis.cache.fill([{ propertyId, class: 's', ticket: won.ticket, facts: factsAt(1), estimate }]);
    },
    hide: (propertyId: string, visibilityVersion = 2): Promise<void> =>
      stream.publish(streams.sellerOverrideChanged, propertyId, {
        ...{ propertyId, visibilityVersion, level: 'nobody', changedAt: Date.now() },
      }),
    isGone: (propertyId: string) => async () => (await stored(propertyId)) === null,
    /** Every partition of the topics that have a T is marked in every bucket, up to at least then. */
    isMarkedUntil: (at: number) => async () => {
      const timed = [streams.listingStatusChanged, streams.sellerOverrideChanged, streams.mlsRuleChanged];
      const names = timed.flatMap(({ name, partitions }) =>
        Array.from({ length: partitions }, (_, partition) => feedPartitionName({ topic: name, partition })),
      );
      const all = await marks();
      return (
        all.length > 0 && all.every(({ partitions }) => names.every((name) => (partitions[name]?.untilAt ?? 0) >= at))
      );
    },
  };
}

test('with no traffic at all every bucket is marked with every partition, and T goes on', async () => {
  const { start, relayRound, isMarkedUntil, marks, fatal } = await setUp();
  await start();
  await untilTrue('the first T', isMarkedUntil(await relayRound()));
  await untilTrue('a later T', isMarkedUntil(await relayRound()));
  const all = Object.values(streams).reduce((sum, { partitions }) => sum + partitions, 0);
  expect(new Set((await marks()).map(({ partitions }) => Object.keys(partitions).length))).toEqual(new Set([all]));
  expect(fatal).toEqual([]);
});

test('a Redis that is put back to an older memory is noticed, and what it had removed is removed again', async () => {
  const { start, relayRound, isMarkedUntil, fill, hide, isGone, remember, stored, fatal } = await setUp();
  const { told } = await start();
  await fill('old-a');
  await fill('old-b');
  await untilTrue('the marks', isMarkedUntil(await relayRound()));
  const putBack = await remember(() => true);
  await hide('old-a');
  await untilTrue('the removal', isGone('old-a'));
  await untilTrue('the marks after it', isMarkedUntil(await relayRound()));
  await putBack();
  const t = await relayRound();
  await untilTrue('the removal, once more', isGone('old-a'));
  await untilTrue('T, once it has everything again', isMarkedUntil(t));
  expect([(await stored('old-b'))?.facts.visibilityVersion, told.marked.has('lower'), told.lost]).toEqual([1, true, 0]);
  expect([told.replayed > 0, fatal]).toEqual([true, []]);
});

test('a Redis that has forgotten everything gets no replay, and a since that is the primary’s clock', async () => {
  const { start, relayRound, isMarkedUntil, hide, keys, marks, fatal } = await setUp();
  const { told } = await start();
  await hide('gone');
  await untilTrue('the marks', isMarkedUntil(await relayRound()));
  const before = await outbox.clock();
  await raw.del(await keys());
  await untilTrue('the marks in an empty memory', isMarkedUntil(await relayRound()));
  expect((await marks()).every(({ sinceAt }) => sinceAt >= before)).toBe(true);
  expect([told.replayed, told.lost, fatal]).toEqual([0, 0, []]);
});

test('a bucket whose node is away holds up no other, and is given what it has missed', async () => {
  const { start, relayRound, isMarkedUntil, fill, hide, isGone, stored, marks, fatal } = await setUp(proxy.url);
  const away = 'away-home';
  const homes = ['near-a', 'near-b', 'near-c'].filter((home) => bucketOf(home) !== bucketOf(away));
  const { told } = await start();
  for (const home of [away, ...homes]) await fill(home);
  await untilTrue('the marks', isMarkedUntil(await relayRound()));
  const markBefore = (await marks())[bucketOf(away)];
  proxy.refused.add(bucketOf(away));
  await untilTrue('the bucket’s absence', () => told.marked.has('unreachable'));
  await hide(away);
  for (const home of homes) await hide(home);
  await untilTrue('the others’ removal', async () =>
    (await Promise.all(homes.map((home) => isGone(home)()))).every(Boolean),
  );
  await untilTrue('the change that was passed over', () => told.counted.includes('passed_over'));
  proxy.refused.clear();
  expect((await stored(away))?.facts.visibilityVersion).toBe(1);
  const t = await relayRound();
  await untilTrue('its own removal', isGone(away));
  await untilTrue('T in every bucket', isMarkedUntil(t));
  expect((await marks())[bucketOf(away)]).not.toEqual(markBefore);
  expect(fatal).toEqual([]);
});

test('a process that is killed between apply and mark leaves the change to the next one', async () => {
  const { start, keyGeneration, fill, hide, isGone, remember, stored, relayRound, isMarkedUntil, fatal } =
    await setUp();
  const script = fileURLToPath(new URL('testing/mark-member.ts', import.meta.url));
  const addresses = [addressFrom('KAFKA_BROKERS'), addressFrom('SCHEMA_REGISTRY_URL'), addressFrom('REDIS_URL')];
  const names = Object.values(streams).map(({ name }) => name);
  const child = spawn(
    process.execPath,
    [script, ...addresses, database.databaseUrl, stream.groupId, keyGeneration, ...names],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const ended = once(child, 'exit');
  await fill('killed');
  const putBack = await remember((key) => key.includes(':killed:'));
  try {
    await hide('killed');
    await Promise.race([once(child.stdout, 'data'), ended]); // applied, and nobody was told
    expect([child.exitCode, await stored('killed')]).toEqual([null, null]);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  await putBack(); // as if the removal had been lost with the process
  expect((await stored('killed'))?.facts.visibilityVersion).toBe(1);
  await start();
  await untilTrue('the removal by the next one', isGone('killed'));
  await untilTrue('the marks', isMarkedUntil(await relayRound()));
  expect(fatal).toEqual([]);
});

test('while the relay stands still T ages, and offsets go on', async () => {
  const { start, relayRound, isMarkedUntil, hide, marks, fatal } = await setUp();
  await start();
  const t = await relayRound();
  await untilTrue('T', isMarkedUntil(t));
  const applied = async (): Promise<bigint> => {
    const all = Object.entries((await marks())[0]?.partitions ?? {});
    return all
      .filter(([name]) => name.startsWith(streams.sellerOverrideChanged.name))
      .reduce((sum, [, { nextOffset }]) => sum + nextOffset, 0n);
  };
  const before = await applied();
  await hide('aged');
  await untilTrue('the change in the mark', async () => (await applied()) === before + 1n);
  const untilsOf = async (isWanted: (name: string) => boolean): Promise<number[]> =>
    (await marks()).flatMap(({ partitions }) =>
      Object.entries(partitions).flatMap(([name, { untilAt }]) => (isWanted(name) ? [untilAt ?? 0] : [])),
    );
  const isEstimates = (name: string): boolean => name.startsWith(`${streams.estimateUpdated.name}/`);
  expect([Math.max(...(await untilsOf((name) => !isEstimates(name)))), fatal]).toEqual([t, []]);
  // What the relay does not write is dated by the primary's clock: it goes on.
  await untilTrue('a later time for new estimates', async () => Math.min(...(await untilsOf(isEstimates))) > t + 500);
});

test('two replicas mark what each has, and the one that stays takes over what the other leaves', async () => {
  const { start, relayRound, isMarkedUntil, fatal } = await setUp();
  const first = await start();
  await untilTrue('the first T', isMarkedUntil(await relayRound()));
  const second = await start();
  const all = Object.values(streams).reduce((sum, { partitions }) => sum + partitions, 0);
  const counts = () => [first.app.positions().length, second.app.positions().length];
  await untilTrue('a share for each', () => counts().every((count) => count > 0 && count < all));
  await untilTrue('T by both', isMarkedUntil(await relayRound()));
  await second.stop();
  await untilTrue('everything at the first again', () => first.app.positions().length === all);
  await untilTrue('T by the one that stays', isMarkedUntil(await relayRound()));
  expect(fatal).toEqual([]);
});
