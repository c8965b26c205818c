import { expect, test } from '@jest/globals';
import { runTask, type SentRecord, type StreamTask, type Topic } from '@porchlight/stream';
import { mergedCallsOf, noTracing, tracedCache, type Tracing } from '@porchlight/telemetry';
import { startTracing } from '@porchlight/telemetry/tracing';
import { streamTracingOf } from './stream-tracing.ts';

type Spans = Parameters<Parameters<typeof startTracing>[0]['exporter']['export']>[0];

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
/** Stands for ids, sessions, values and secrets: in keys, values, headers and errors. */
const CANARY = 'canary-of-a-home';

const flow = [
  ['forecaster', 'viewport.viewed', 'warmup.candidates'],
  ['request-filter', 'warmup.candidates', 'warmup.requests'],
  ['data-fetcher', 'warmup.requests', 'warmup.estimates'],
  ['data-writer', 'warmup.estimates', null],
] as const;

const topicOf = (name: string): Topic<string> => ({ name });

/** A process of its own, with what it has recorded. */
function process(service: string, sampleRatio = 1): { tracing: Tracing; stopped: () => Promise<Spans> } {
  const spans: Spans = [];
  const exporter: Parameters<typeof startTracing>[0]['exporter'] = {
    export(batch, done) {
      spans.push(...batch);
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  };
  const tracing = startTracing({ service, exporter, sampleRatio });
  return {
    tracing,
    stopped: async () => {
      await tracing.stop();
      return spans;
    },
  };
}

/** Asks the cache, waits a turn, and hands on. */
const handingOn = (tracing: Tracing, output: string | null): StreamTask<string> => {
  const cache = tracedCache(tracing, { read: async (ids: readonly string[]) => ids });
  return {
    async process(record, collector) {
      await cache.read([record.value, CANARY]);
      if (output !== null) collector.send(topicOf(output), record.key ?? '', record.value);
    },
  };
};

async function hop(app: (typeof flow)[number], headers: SentRecord['headers']) {
  const [service, input, output] = app;
  const { tracing, stopped } = process(service);
  const record = { topic: topicOf(input), key: CANARY, value: CANARY, headers };
  const { sent } = await runTask(handingOn(tracing, output), [record], {
    tracing: streamTracingOf(tracing, `porchlight.${service}`),
  });
  return { sent, spans: await stopped() };
}

test('one warm-up is one trace through all apps, each record a child of the one that was sent', async () => {
  let headers: SentRecord['headers'] = { traceparent: PARENT, tracestate: 'vendor=kept', 'x-secret': CANARY };
  const told: string[] = [];
  const all: Spans = [];
  for (const app of flow) {
    const { sent, spans } = await hop(app, headers);
    const [above] = (headers['traceparent'] ?? '').split('-').slice(2);
    const handled = spans.find(({ name }) => name.startsWith('process'));
    expect(handled?.parentSpanContext?.spanId).toBe(above);
    for (const span of spans)
      if (span !== handled) expect(span.parentSpanContext?.spanId).toBe(handled?.spanContext().spanId);
    told.push(...spans.map(({ name }) => name).sort());
    all.push(...spans);
    headers = sent[0]?.headers ?? {};
  }
  expect(told).toEqual([
    ...['process viewport.viewed', 'read estimates', 'send warmup.candidates'],
    ...['process warmup.candidates', 'read estimates', 'send warmup.requests'],
    ...['process warmup.requests', 'read estimates', 'send warmup.estimates'],
    ...['process warmup.estimates', 'read estimates'],
  ]);
  expect(new Set(all.map((span) => span.spanContext().traceId))).toEqual(new Set([PARENT.split('-')[1]]));
  const said = JSON.stringify(
    all.map(({ name, attributes, events, status, links }) => [name, attributes, events, status, links]),
  );
  expect(said).not.toContain('canary');
});

test('the state of a trace goes on beside its new parent', async () => {
  const { sent } = await hop(flow[0], { traceparent: PARENT, tracestate: 'vendor=kept' });
  expect(sent[0]?.headers['tracestate']).toBe('vendor=kept');
  expect(sent[0]?.headers['traceparent']).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  expect(sent[0]?.headers['traceparent']).not.toBe(PARENT);
});

test('a trace that was not chosen goes through as it came, and nothing is recorded', async () => {
  const headers = { traceparent: PARENT.replace(/01$/, '00') };
  const { sent, spans } = await hop(flow[0], headers);
  expect([sent.map((record) => record.headers), spans]).toEqual([[headers], []]);
});

test('a record that fails is said by its code, and its retries stand in one span', async () => {
  const { tracing, stopped } = process('data-writer');
  let tries = 0;
  const task: StreamTask<string> = {
    process() {
      tries += 1;
      const fate = tries < 3 ? 'retry' : 'park';
      throw Object.assign(new Error(`about ${CANARY}`), { code: 'CACHE_UNAVAILABLE', fate });
    },
  };
  const record = { topic: topicOf('warmup.estimates'), key: CANARY, value: CANARY, headers: { traceparent: PARENT } };
  const { parked } = await runTask(task, [record], { tracing: streamTracingOf(tracing, 'porchlight.data-writer') });
  const spans = await stopped();
  expect([parked.length, tries, spans.map(({ name }) => name)]).toEqual([1, 3, ['process warmup.estimates']]);
  expect(JSON.stringify([spans[0]?.attributes, spans[0]?.events, spans[0]?.status])).not.toContain('canary');
});

test('a call that several records share stands in the first trace and is linked with the others, both ways', async () => {
  const { tracing, stopped } = process('data-fetcher');
  const merged = mergedCallsOf(tracing);
  const waits = [PARENT, PARENT.replace('0af7', '1bf8')].map((parent) =>
    tracing.begin('http.server', { 'http.request.method': 'GET', 'http.route': 'a' }, { parent }),
  );
  const joined = [...waits.map((span) => span.run(() => merged?.joins())), merged?.joins()];
  expect(await merged?.call(joined, 7, async () => 'answer')).toBe('answer');
  for (const span of waits) span.end();
  const spans = await stopped();
  const [call, first, second] = ['call upstream', 'GET a', 'GET a'].map((name, at) =>
    spans.filter((span) => span.name === name).at(at === 2 ? 1 : 0),
  );
  expect([call?.spanContext().traceId, call?.attributes]).toEqual([
    first?.spanContext().traceId,
    { 'porchlight.homes': 7, 'porchlight.callers': 3 },
  ]);
  const linked = (span: typeof call) => span?.links.map(({ context }) => context.spanId);
  expect([linked(call), linked(first), linked(second)]).toEqual([
    [second?.spanContext().spanId],
    [],
    [call?.spanContext().spanId],
  ]);
});

test('where nothing is traced the run loop has nothing to ask', () => {
  expect([streamTracingOf(noTracing, 'porchlight.test'), mergedCallsOf(noTracing)]).toEqual([undefined, undefined]);
});

test('a record whose trace was not chosen is in none, also where a recorded one has set the loop off', async () => {
  const { tracing, stopped } = process('data-fetcher');
  const traced = streamTracingOf(tracing, 'porchlight.data-fetcher');
  const at = { topic: 'warmup.requests', partition: 0 };
  const [beside, own] = await traced!.process(at, PARENT, async () => {
    await Promise.resolve();
    const other = await traced!.process(at, PARENT.replace(/01$/, '00'), async () => traced!.send('warmup.estimates'));
    return [other, traced!.send('warmup.estimates')?.traceparent.split('-')[1]];
  });
  expect([beside, own]).toEqual([null, PARENT.split('-')[1]]);
  expect((await stopped()).map(({ name }) => name)).toEqual(['process warmup.requests']);
});
