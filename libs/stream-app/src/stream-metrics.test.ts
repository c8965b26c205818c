import { expect, test } from '@jest/globals';
import type { PartitionState, StreamState } from '@porchlight/stream';
import { createTelemetry, parseMetrics } from '@porchlight/telemetry';
import { observeStream } from './observe-stream.ts';
import { streamMetricsOf } from './stream-metrics.ts';

const at = { topic: 'warmup.requests', partition: 3 };
const partition = (fields: Partial<PartitionState>): PartitionState => ({
  ...at,
  nextOffset: null,
  lag: 0,
  lagAgeMs: 0,
  inFlight: 0,
  queued: 0,
  paused: false,
  waitingFor: null,
  ...fields,
});

test('what the run loop counts is on the metrics page, by topic and never by partition', async () => {
  const telemetry = createTelemetry({ app: 'test', logLevel: 'silent' });
  const metrics = streamMetricsOf(telemetry.metrics, 'porchlight.test');
  metrics.consumed(at, 5);
  metrics.processed(at, 250, 'processed');
  metrics.produced('warmup.estimates', 4);
  metrics.dropped(at, 'late');
  metrics.parked(at, 'UNDECODABLE');
  metrics.retried(at, 'CACHE_UNAVAILABLE');
  metrics.rebalanced(2);
  const page = parseMetrics(await telemetry.render());
  expect([
    page.sum('messaging.client.consumed.messages', { 'messaging.consumer.group.name': 'porchlight.test' }),
    page.sum('messaging.client.sent.messages', { 'messaging.destination.name': 'warmup.estimates' }),
    page.sum('porchlight.stream.dropped', { reason: 'late', topic: 'warmup.requests' }),
    page.sum('porchlight.stream.parked', { code: 'UNDECODABLE' }),
    page.sum('porchlight.stream.retried', { code: 'CACHE_UNAVAILABLE' }),
    page.sum('porchlight.stream.rebalances'),
    page.count('messaging.process.duration', { outcome: 'processed' }),
    page.quantile('messaging.process.duration', 1),
  ]).toEqual([5, 4, 1, 1, 1, 1, 1, 0.25]);
  await telemetry.stop();
});

test('a partition that went elsewhere is gone from the page', async () => {
  const telemetry = createTelemetry({ app: 'test', logLevel: 'silent' });
  let partitions = [
    partition({ lag: 7, lagAgeMs: 1_500, inFlight: 2, queued: 3 }),
    partition({ partition: 4, lag: 1 }),
  ];
  const state = (): StreamState => ({
    phase: 'running',
    joinedOnce: true,
    partitions,
    lastHeartbeatAt: null,
    lastFetchAt: null,
    waitingFor: [],
  });
  const end = observeStream(telemetry.metrics, state);
  const before = parseMetrics(await telemetry.render());
  expect([
    before.sum('porchlight.stream.lag'),
    before.sum('porchlight.stream.lag.age', { partition: '3' }),
    before.sum('porchlight.stream.inflight', { topic: 'warmup.requests' }),
    before.sum('porchlight.stream.assigned.partitions'),
  ]).toEqual([8, 1.5, 5, 2]);
  partitions = [partition({ partition: 4, lag: 1 })];
  expect(parseMetrics(await telemetry.render()).sum('porchlight.stream.lag')).toBe(1);
  end();
  expect(parseMetrics(await telemetry.render()).select('porchlight.stream.lag')).toEqual([]);
  await telemetry.stop();
});
