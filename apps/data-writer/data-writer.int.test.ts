import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { topics, type Estimate, type Facts } from '@porchlight/contracts';
import { connectEstimateCache, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { localSettings, systemClock, type StreamApp } from '@porchlight/stream';
import {
  addressFrom,
  openRealStream,
  renamedTopics,
  uniqueName,
  untilTrue,
  type RealStream,
} from '@porchlight/stream-app/testing';
import { createDataWriter } from './data-writer.task.ts';
import type { WarmupTime } from './warmup-times.ts';
import { startWriterHeartbeat } from './writer-heartbeat.ts';

const streams = renamedTopics({ input: topics.warmupEstimates });
const home = uniqueName('write-');
const estimate: Estimate = { estimateVersion: 3, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 };
const facts: Facts = {
  visibilityVersion: 1,
  status: 'active',
  mlsId: null,
  overrideLevel: null,
  checkedAt: Date.now(),
};
const everyPartition = Array.from({ length: streams.input.partitions }, (_, partition) => partition);

const times: WarmupTime[] = [];
const held: unknown[] = [];
let stream: RealStream;
let redis: EstimateCacheConnection;
let app: StreamApp;
let stopBeating: () => void = () => undefined;

beforeAll(async () => {
  redis = await connectEstimateCache({ url: addressFrom('REDIS_URL'), config: { keyGeneration: uniqueName('t') } });
  stream = await openRealStream(Object.values(streams));
  const onWarm = (time: WarmupTime): void => void times.push(time);
  const writer = createDataWriter({
    cache: redis.cache,
    unreached: { checkRoom: () => undefined, hold: (homes) => void held.push(...homes) },
    clock: systemClock,
    count: () => undefined,
    onWarm,
    input: streams.input,
  });
  app = await stream.start([writer]);
  stopBeating = startWriterHeartbeat({
    progress: redis.progress,
    clock: systemClock,
    state: () => app.state(),
    sessionMs: localSettings.kafka.sessionMs,
    onLost: () => undefined,
    onBack: () => undefined,
  });
});
afterAll(async () => {
  stopBeating();
  await stream?.close();
  await redis?.close();
});

test('a fetched estimate is in Redis as a warm value, and its warm-up is measured', async () => {
  const propertyId = `${home}-a`;
  const [won] = await redis.cache.acquire([{ propertyId, nonce: 'n' }], 'w');
  if (won?.outcome !== 'win') throw new Error('a first caller wins');
  const now = Date.now();
  const items = [{ propertyId, ticket: won.ticket, facts, estimate, fetchedAt: now - 10 }];
  await stream.publish(streams.input, '16/1/1', {
    forecastId: 'f',
    tile: '16/1/1',
    items,
    viewedAt: now - 100,
    askedAt: now - 70,
  });
  await untilTrue('the value', async () => (await redis.cache.read([propertyId]))[0] !== null);
  const [stored] = await redis.cache.read([propertyId]);
  expect([stored?.class, stored?.facts, stored?.estimateVersion]).toEqual(['w', facts, 3]);
  await untilTrue('the measurement', () => times.length === 1);
  const [time] = times;
  expect((time?.warmupMs ?? 0) - (time?.pipelineMs ?? 0)).toBe(60);
  expect(time?.warmupMs).toBeGreaterThanOrEqual(100);
});

test('every partition that it holds is said to get on, idle ones too', async () => {
  await untilTrue('the beats', async () => (await redis.progress.alive(everyPartition)).size === everyPartition.length);
});
