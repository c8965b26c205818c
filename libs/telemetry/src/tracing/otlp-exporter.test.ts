import { afterEach, expect, jest, test } from '@jest/globals';
import { parseMetrics } from '../parse-metrics.ts';
import { createTelemetry, type Telemetry } from '../telemetry.ts';
import { startOtlpReceiver } from '../testing/otlp-receiver.ts';
import { loadTracing } from './load-tracing.ts';
import { otlpSpanExporter } from './otlp-exporter.ts';
import type { SpanEnd } from './span-queue.ts';
import { startTracing } from './start-tracing.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function receiver(how?: Parameters<typeof startOtlpReceiver>[0]) {
  const started = await startOtlpReceiver(how);
  closers.push(() => started.close());
  return started;
}

const server = { 'http.request.method': 'GET', 'http.route': '/v1/estimates/:propertyId' } as const;

async function traceOne(telemetry: Telemetry): Promise<void> {
  const span = telemetry.tracing.begin('http.server', server);
  span.run(() => {
    telemetry.log.info({}, 'under the span');
    telemetry.tracing.within('cache.call', { 'db.system.name': 'redis', 'db.operation.name': 'read' }, () => 1);
  });
  span.set({ 'http.response.status_code': 200 });
  span.end();
  telemetry.log.info({}, 'behind it');
  await telemetry.stop();
}

test('a collector gets the spans with their service, and the key that it asks for; a log line names its span', async () => {
  const collector = await receiver();
  const lines: string[] = [];
  const telemetry = createTelemetry({
    app: 'estimate-api',
    logLevel: 'info',
    destination: { write: (line) => void lines.push(line) },
    startTracing: await loadTracing({
      endpoint: `${collector.endpoint}/`,
      headers: { 'x-collector-key': 'of the collector' },
      sampleRatio: 1,
    }),
  });
  await traceOne(telemetry);
  const [cache, http] = collector.spans;
  expect([collector.spans.length, cache?.service, http?.service]).toEqual([2, 'estimate-api', 'estimate-api']);
  expect([cache?.name, cache?.attributes]).toEqual([
    'read estimates',
    { 'db.system.name': 'redis', 'db.operation.name': 'read' },
  ]);
  expect([http?.name, http?.attributes]).toEqual([
    'GET /v1/estimates/:propertyId',
    { ...server, 'http.response.status_code': 200 },
  ]);
  expect([cache?.traceId, cache?.parentSpanId, http?.parentSpanId]).toEqual([http?.traceId, http?.spanId, '']);
  expect(collector.headers[0]?.['x-collector-key']).toBe('of the collector');
  const [under, behind] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect([under?.['trace_id'], under?.['span_id']]).toEqual([http?.traceId, http?.spanId]);
  expect(Object.keys(behind ?? {}).filter((key) => key.endsWith('_id'))).toEqual([]);
  expect(lines.join('')).not.toContain('of the collector');
});

test('what became of spans is on the metrics page', async () => {
  const collector = await receiver();
  const startTracing = await loadTracing({ endpoint: collector.endpoint, sampleRatio: 1 });
  const telemetry = createTelemetry({ app: 'estimate-api', logLevel: 'silent', startTracing });
  telemetry.tracing.begin('http.server', server).end();
  await telemetry.tracing.stop();
  telemetry.tracing.begin('http.server', server).end();
  const page = parseMetrics(await telemetry.render());
  expect(['exported', 'stopped'].map((end) => page.sum('porchlight.tracing.spans', { end }))).toEqual([1, 1]);
  await telemetry.stop();
});

test.each(['hangs', 'refuses'] as const)(
  'a collector that %s costs spans, which are counted, and nobody else anything',
  async (how) => {
    const collector = await receiver(how);
    const ended: Partial<Record<SpanEnd, number>> = {};
    const tracing = startTracing({
      service: 'estimate-api',
      exporter: otlpSpanExporter({ endpoint: collector.endpoint, timeoutMs: 50 }),
      sampleRatio: 1,
      limits: { spansMax: 20, batchSpansMax: 10, exportMs: 50, flushMs: 50 },
      count: (end, spans) => void (ended[end] = (ended[end] ?? 0) + spans),
    });
    const answers = Array.from({ length: 100 }, (_, at) => {
      const span = tracing.begin('http.server', server);
      const answer = span.run(() => tracing.within('cache.call', {}, () => at));
      span.end();
      return answer;
    });
    expect(answers).toEqual(Array.from({ length: 100 }, (_, at) => at));
    // One turn: ten are with the collector at most, twenty wait, and the rest is dropped as it ends.
    expect(ended).toEqual({ full: 200 - 20 - 10 });
    await tracing.stop();
    expect([ended.exported, (ended.failed ?? 0) + (ended.stopped ?? 0) + (ended.full ?? 0)]).toEqual([undefined, 200]);
  },
);

test('a stop takes flushMs in all from a collector that answers nothing, and what was on its way is counted as dropped', async () => {
  jest.useFakeTimers();
  try {
    const never = new Promise<void>(() => undefined);
    const ended: Partial<Record<SpanEnd, number>> = {};
    const tracing = startTracing({
      service: 'estimate-api',
      exporter: { export: () => undefined, shutdown: () => never },
      sampleRatio: 1,
      limits: { batchSpansMax: 2, exportMs: 60_000, flushMs: 1_000 },
      count: (end, spans) => void (ended[end] = (ended[end] ?? 0) + spans),
    });
    for (let at = 0; at < 3; at += 1) tracing.begin('http.server', server).end(); // two are on their way, one waits
    let isStopped = false;
    void tracing.stop().then(() => (isStopped = true));
    await jest.advanceTimersByTimeAsync(999);
    expect(isStopped).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect([isStopped, ended]).toEqual([true, { stopped: 3 }]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ended).toEqual({ stopped: 3 });
  } finally {
    jest.useRealTimers();
  }
});
