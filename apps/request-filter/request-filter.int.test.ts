import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { topics, type Facts } from '@porchlight/contracts';
import { connectEstimateCache, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { systemClock } from '@porchlight/stream';
import {
  addressFrom,
  openRealStream,
  renamedTopics,
  uniqueName,
  untilTrue,
  type RealStream,
} from '@porchlight/stream-app/testing';
import { createRequestFilter } from './request-filter.task.ts';

const streams = renamedTopics({ input: topics.warmupCandidates, output: topics.warmupRequests });
const home = uniqueName('filter-');
const facts: Facts = {
  visibilityVersion: 4,
  status: 'off_market',
  mlsId: null,
  overrideLevel: null,
  checkedAt: 1_700_000_000_000,
};

let stream: RealStream;
let redis: EstimateCacheConnection;

const ask = async (tile: string, propertyIds: string[]): Promise<void> => {
  const now = Date.now();
  const times = { viewedAt: now, deadlineAt: now + 10_000 };
  await stream.publish(streams.input, tile, {
    forecastId: tile,
    strategy: 'ring',
    tile,
    chunk: 0,
    propertyIds,
    probability: 0.2,
    ...times,
  });
};

beforeAll(async () => {
  redis = await connectEstimateCache({ url: addressFrom('REDIS_URL'), config: { keyGeneration: uniqueName('t') } });
  stream = await openRealStream(Object.values(streams));
  const filter = createRequestFilter({
    cache: redis.cache,
    catalog: { factsOf: async (ids) => new Map(ids.filter((id) => !id.endsWith('nowhere')).map((id) => [id, facts])) },
    rules: { get: () => undefined, isUsable: () => true },
    clock: systemClock,
    quietMs: 2_000,
    count: () => undefined,
    onBehind: () => undefined,
    streams,
  });
  // records of this test may be written before the group's position at the end is known
  await stream.start([{ ...filter, startFrom: 'earliest' }]);
});
afterAll(async () => {
  await stream?.close();
  await redis?.close();
});

test('each home gets one ticket on the whole stream, however many tiles ask for it, and Redis takes a fill under it', async () => {
  const ids = ['a', 'b', 'c'].map((name) => `${home}-${name}`);
  await Promise.all([
    ask('16/1/1', ids),
    ask('16/2/1', ids),
    ask('16/3/1', ids),
    ask('16/4/1', [`${home}-d`, `${home}-nowhere`]),
  ]);
  // at least once: a record may come again, with the same tickets
  const items = async () => {
    const sent = (await stream.valuesOf(streams.output)).flatMap(({ value }) => value.items);
    return [...new Map(sent.map((item) => [`${item.propertyId} ${item.ticket.nonce}`, item])).values()];
  };
  await untilTrue('a ticket for each home', async () => (await items()).length >= 4);
  const got = await items();
  expect(got.map(({ propertyId }) => propertyId).sort()).toEqual([...ids, `${home}-d`]);
  expect(got.map((each) => each.facts)).toEqual(got.map(() => facts));
  const filled = await redis.cache.fill(got.map((item) => ({ ...item, class: 'w' as const, estimate: null })));
  expect(filled.map(({ outcome }) => outcome)).toEqual(got.map(() => 'ok'));
});
