import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { topics, type Estimate, type Facts, type RequestedHome } from '@porchlight/contracts';
import { connectEstimateCache, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { batchingSource, disciplinedSource } from '@porchlight/estimate-source';
import { memoryEstimateSource, unlimited } from '@porchlight/estimate-source/testing';
import { systemClock } from '@porchlight/stream';
import {
  addressFrom,
  openRealStream,
  renamedTopics,
  uniqueName,
  untilTrue,
  type RealStream,
} from '@porchlight/stream-app/testing';
import { createDataFetcher } from './data-fetcher.task.ts';
import { areOutputsBlocked } from './outputs-blocked.ts';

const streams = renamedTopics({ input: topics.warmupRequests, output: topics.warmupEstimates });
const home = uniqueName('fetch-');
const estimate: Estimate = { estimateVersion: 3, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 };
const everyPartition = Array.from({ length: streams.input.partitions }, (_, partition) => partition);
const facts: Facts = {
  visibilityVersion: 1,
  status: 'active',
  mlsId: 'm',
  overrideLevel: 'agent',
  checkedAt: 1_700_000_000_000,
};

const upstream = memoryEstimateSource({ [`${home}-a`]: estimate, [`${home}-b`]: estimate });
let stream: RealStream;
let redis: EstimateCacheConnection;

async function request(tile: string, name: string): Promise<RequestedHome> {
  const propertyId = `${home}-${name}`;
  const [won] = await redis.cache.acquire([{ propertyId, nonce: uniqueName('n') }], 'w');
  if (won?.outcome !== 'win') throw new Error('a first caller wins');
  const item = { propertyId, ticket: won.ticket, facts };
  const now = Date.now();
  await stream.publish(streams.input, tile, {
    forecastId: name,
    tile,
    items: [item],
    viewedAt: now,
    deadlineAt: now + 10_000,
  });
  return item;
}

beforeAll(async () => {
  redis = await connectEstimateCache({ url: addressFrom('REDIS_URL'), config: { keyGeneration: uniqueName('t') } });
  stream = await openRealStream(Object.values(streams));
  const paid = disciplinedSource(upstream, unlimited(systemClock));
  const fetcher = createDataFetcher({
    cache: redis.cache,
    progress: redis.progress,
    source: batchingSource(paid, { lingerMs: 10, requestsInFlightMax: 4 }),
    upstream: paid,
    outputsBlocked: () => areOutputsBlocked({ waitingFor: stream.waitingFor() }),
    clock: systemClock,
    concurrentRecordsMax: 8,
    count: () => undefined,
    streams,
  });
  // records of this test may be written before the group's position at the end is known
  await stream.start([{ ...fetcher, startFrom: 'earliest' }]);
});
afterAll(async () => {
  await stream?.close();
  await redis?.close();
});

test('pays for nothing while data-writer is silent, and for a ticket as soon as it beats', async () => {
  const item = await request('16/1/1', 'a');
  // the record is taken and held: its partition waits, by the group's own state and not by our patience
  await untilTrue(
    'the wait for data-writer',
    () => upstream.calls.length > 0 || stream.waitingFor().includes('WRITER_SILENT'),
  );
  expect(upstream.calls).toEqual([]);
  await redis.progress.beat(everyPartition);
  await untilTrue('the estimate', async () => (await stream.valuesOf(streams.output)).length === 1);
  const [sent] = await stream.valuesOf(streams.output);
  expect([sent?.key, sent?.value.forecastId, sent?.value.items]).toEqual([
    '16/1/1',
    'a',
    [{ ...item, estimate, fetchedAt: sent?.value.items[0]?.fetchedAt }],
  ]);
  expect(upstream.calls).toEqual([[`${home}-a`]]);
});

test('the estimates of a tile lie in the partition of its requests', async () => {
  await redis.progress.beat(everyPartition);
  const tiles = Array.from({ length: 30 }, (_, x) => `16/${x}/7`);
  await Promise.all(tiles.map((tile) => request(tile, `tile-${tile.replaceAll('/', '-')}`)));
  await untilTrue('all estimates', () => stream.partitionsOf(streams.output).size >= tiles.length);
  const [requested, fetched] = [stream.partitionsOf(streams.input), stream.partitionsOf(streams.output)];
  expect(tiles.map((tile) => fetched.get(tile))).toEqual(tiles.map((tile) => requested.get(tile)));
  expect(new Set(requested.values()).size).toBeGreaterThan(5);
});
