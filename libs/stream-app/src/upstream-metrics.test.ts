import { expect, test } from '@jest/globals';
import { createTelemetry, parseMetrics } from '@porchlight/telemetry';
import { observeUpstream, upstreamMeterOf } from './upstream-metrics.ts';

test('the gauges say how upstream is treated now, and are gone when they end', async () => {
  const telemetry = createTelemetry({ app: 'test', logLevel: 'silent' });
  let breaker: 'closed' | 'half-open' | 'open' = 'half-open';
  const end = observeUpstream(telemetry.metrics, {
    breakerState: () => breaker,
    pausedMs: (lane) => (lane === 'user' ? 1_000 : 2_500),
    inFlight: () => 3,
    waiting: () => 4,
  });
  const page = parseMetrics(await telemetry.render());
  expect([
    page.sum('porchlight.upstream.breaker.open'),
    page.sum('porchlight.upstream.pause.left', { lane: 'user' }),
    page.sum('porchlight.upstream.pause.left', { lane: 'background' }),
    page.sum('porchlight.upstream.in_flight'),
    page.sum('porchlight.upstream.waiting'),
  ]).toEqual([0.5, 1, 2.5, 3, 4]);
  breaker = 'open';
  expect(parseMetrics(await telemetry.render()).sum('porchlight.upstream.breaker.open')).toBe(1);
  end();
  expect(await telemetry.render()).not.toMatch(/^porchlight_upstream_/m);
  await telemetry.stop();
});

test('what a source counts is on the metrics page, by lane', async () => {
  const telemetry = createTelemetry({ app: 'test', logLevel: 'silent' });
  const meter = upstreamMeterOf(telemetry.metrics);
  meter.called('ok', 'user', 250);
  meter.refused('SOURCE_BROKEN', 'background');
  meter.failed('no-budget');
  meter.drew('local');
  meter.breakerChanged('open');
  const page = parseMetrics(await telemetry.render());
  expect([
    page.count('porchlight.upstream.duration', { lane: 'user', outcome: 'ok' }),
    page.sum('porchlight.upstream.refused', { lane: 'background', code: 'SOURCE_BROKEN' }),
    page.sum('porchlight.upstream.retries', { verdict: 'no-budget' }),
    page.sum('porchlight.upstream.draws', { from: 'local' }),
    page.sum('porchlight.upstream.breaker.changes', { state: 'open' }),
  ]).toEqual([1, 1, 1, 1, 1]);
  await telemetry.stop();
});
