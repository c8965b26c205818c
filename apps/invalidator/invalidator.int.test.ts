import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { topics, type Estimate, type Facts } from '@porchlight/contracts';
import { connectEstimateCache, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import {
  addressFrom,
  openRealStream,
  renamedTopics,
  uniqueName,
  untilTrue,
  type RealStream,
} from '@porchlight/stream-app/testing';
import { createInvalidator } from './invalidator.task.ts';
import { unmarkedFeed } from './testing/unmarked-feed.ts';

const { listingStatusChanged, sellerOverrideChanged, mlsRuleChanged, estimateUpdated } = topics;
const changeTopics = { listingStatusChanged, sellerOverrideChanged, mlsRuleChanged, estimateUpdated };
const streams = renamedTopics(changeTopics);
const home = uniqueName('inv-');
const idOf = (name: string): string => `${home}-${name}`;
const estimate: Estimate = { estimateVersion: 3, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 };
const factsAt = (visibilityVersion: number): Facts => ({
  visibilityVersion,
  status: 'off_market',
  mlsId: null,
  overrideLevel: null,
  checkedAt: Date.now(),
});

let stream: RealStream;
let redis: EstimateCacheConnection;

async function fill(propertyId: string): Promise<void> {
  const [won] = await redis.cache.acquire([{ propertyId, nonce: uniqueName('n') }], 's');
  if (won?.outcome !== 'win') throw new Error('a first caller wins');
  await redis.cache.fill([{ propertyId, class: 's', ticket: won.ticket, facts: factsAt(1), estimate }]);
}
const stored = async (propertyId: string) => (await redis.cache.read([propertyId]))[0];
const isGone = (propertyId: string) => async () => (await stored(propertyId)) === null;

beforeAll(async () => {
  redis = await connectEstimateCache({ url: addressFrom('REDIS_URL'), config: { keyGeneration: uniqueName('t') } });
  stream = await openRealStream(Object.values(streams));
  await stream.start(invalidatorOf(streams));
});
const invalidatorOf = (changes: typeof streams) =>
  createInvalidator({
    cache: redis.cache,
    // as the primary would: every home is at version 2
    catalog: { factsOf: async (ids) => new Map(ids.map((id) => [id, factsAt(2)])) },
    feed: unmarkedFeed(),
    concurrentRecordsMax: 16,
    count: () => undefined,
    onUnreadableKey: () => undefined,
    streams: changes,
  });
afterAll(async () => {
  await stream?.close();
  await redis?.close();
});

test('a status change and an override each remove their home’s value from Redis', async () => {
  await Promise.all([fill(idOf('a')), fill(idOf('b'))]);
  await stream.publish(streams.listingStatusChanged, idOf('a'), {
    propertyId: idOf('a'),
    visibilityVersion: 2,
    status: 'active',
    mlsId: null,
    changedAt: Date.now(),
  });
  await stream.publish(streams.sellerOverrideChanged, idOf('b'), {
    propertyId: idOf('b'),
    visibilityVersion: 2,
    level: 'nobody',
    changedAt: Date.now(),
  });
  await untilTrue('the removal of both values', async () => (await isGone(idOf('a'))()) && (await isGone(idOf('b'))()));
});

test('a revaluation shows in Redis without a fetch', async () => {
  await fill(idOf('c'));
  const revalued = { valueUsd: 9, lowUsd: 8, highUsd: 10, computedAt: 2 };
  await stream.publish(streams.estimateUpdated, idOf('c'), {
    propertyId: idOf('c'),
    estimateVersion: 4,
    estimate: revalued,
  });
  await untilTrue('the new estimate', async () => (await stored(idOf('c')))?.estimateVersion === 4);
  expect(JSON.parse((await stored(idOf('c')))?.estimateJson?.toString() ?? '')).toEqual(revalued);
});

test('a visibility record that is not Avro costs its home the value and lies in the dead letters with its bytes', async () => {
  await fill(idOf('d'));
  const bytes = Buffer.from('this is not avro');
  await stream.publishBytes(streams.listingStatusChanged, idOf('d'), bytes);
  await untilTrue('the removal', isGone(idOf('d')));
  await untilTrue('the dead letter', () => stream.parked().some(({ key }) => key === idOf('d')));
  const letter = stream.parked().find(({ key }) => key === idOf('d'));
  expect(letter?.bytes).toEqual(bytes);
  expect(letter?.headers).toMatchObject({ 'dlq.topic': streams.listingStatusChanged.name, 'dlq.code': 'NOT_AVRO' });
  expect(stream.fatal).toEqual([]);
});

test('changes that were published before the group began for the first time are applied, each of its topics from the start', async () => {
  const earlier = renamedTopics(changeTopics);
  const fresh = await openRealStream(Object.values(earlier));
  try {
    await Promise.all([fill(idOf('e')), fill(idOf('f')), fill(idOf('g'))]);
    const changed = { visibilityVersion: 2, changedAt: Date.now() };
    const listed = { ...changed, propertyId: idOf('e'), status: 'active', mlsId: null } as const;
    const hidden = { ...changed, propertyId: idOf('f'), level: 'nobody' } as const;
    const revalued = { propertyId: idOf('g'), estimateVersion: 4, estimate: null };
    await fresh.publish(earlier.listingStatusChanged, idOf('e'), listed);
    await fresh.publish(earlier.sellerOverrideChanged, idOf('f'), hidden);
    await fresh.publish(earlier.estimateUpdated, idOf('g'), revalued);
    await fresh.start(invalidatorOf(earlier));
    await untilTrue('the removals', async () => (await isGone(idOf('e'))()) && (await isGone(idOf('f'))()));
    await untilTrue('the revaluation', async () => (await stored(idOf('g')))?.estimateVersion === 4);
  } finally {
    await fresh.close();
  }
});
