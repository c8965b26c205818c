import { afterEach, describe, expect, test } from '@jest/globals';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { spanNames } from './span-names.ts';
import { startTracing } from './start-tracing.ts';
import { traceCalls } from './trace-calls.ts';
import { LINKS_MAX, noTracing, type Tracing } from './tracing.ts';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const UNCHOSEN = PARENT.replace(/01$/, '00');

const opened: Tracing[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.stop()));
});

function open(sampleRatio = 1) {
  const exporter = new InMemorySpanExporter();
  let spans: ReadableSpan[] = [];
  // A stop empties the exporter: what it was given is kept beside it.
  const keeping = {
    export: (batch: ReadableSpan[], done: Parameters<InMemorySpanExporter['export']>[1]) => {
      spans = [...spans, ...batch];
      exporter.export(batch, done);
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
  const tracing = startTracing({ service: 'test', exporter: keeping, sampleRatio });
  opened.push(tracing);
  return {
    tracing,
    ended: async () => {
      await tracing.stop();
      return spans;
    },
  };
}

const server = { 'http.request.method': 'GET', 'http.route': '/v1/estimates/:propertyId' } as const;

test('a span below another stands in its trace, also after an await, and says its few attributes', async () => {
  const { tracing, ended } = open();
  const request = tracing.begin('http.server', server, { parent: PARENT });
  const read = await request.run(async () => {
    await Promise.resolve();
    return await tracing.within(
      'cache.call',
      { 'db.system.name': 'redis', 'db.operation.name': 'read' },
      async () => 7,
    );
  });
  request.end();
  const [cache, http] = await ended();
  expect([read, http?.name, cache?.name]).toEqual([7, 'GET /v1/estimates/:propertyId', 'read estimates']);
  expect([http?.spanContext().traceId, http?.parentSpanContext?.spanId]).toEqual(PARENT.split('-').slice(1, 3));
  expect([cache?.spanContext().traceId, cache?.parentSpanContext?.spanId]).toEqual([
    http?.spanContext().traceId,
    http?.spanContext().spanId,
  ]);
  expect(cache?.attributes).toEqual({ 'db.system.name': 'redis', 'db.operation.name': 'read' });
  expect(http?.resource.attributes['service.name']).toBe('test');
});

test('what fails is said by its code, never by its message, and goes on to the caller as it was', async () => {
  const { tracing, ended } = open();
  const error = Object.assign(new Error('property canary-7 costs 123456'), { code: 'CACHE_UNAVAILABLE' });
  const request = tracing.begin('http.server', server);
  await expect(request.run(() => tracing.within('cache.call', {}, () => Promise.reject(error)))).rejects.toBe(error);
  expect(() =>
    request.run(() =>
      tracing.within('cache.call', {}, () => {
        throw new TypeError('canary-8');
      }),
    ),
  ).toThrow('canary-8');
  request.end();
  const spans = await ended();
  expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual([
    'CACHE_UNAVAILABLE',
    'UNPLANNED',
    undefined,
  ]);
  expect(spans.map(({ status }) => status.message)).toEqual([undefined, undefined, undefined]);
  expect(spans.flatMap(({ events }) => events)).toEqual([]);
});

describe('whoever begins chooses', () => {
  test('a trace that was chosen elsewhere is recorded at a ratio of 0, one that was not is not at a ratio of 1', async () => {
    const none = open(0);
    none.tracing.begin('http.server', server, { parent: PARENT }).end();
    none.tracing.begin('http.server', server).end();
    expect((await none.ended()).map((span) => span.spanContext().traceId)).toEqual([PARENT.split('-')[1]]);
    const all = open(1);
    all.tracing.begin('http.server', server, { parent: UNCHOSEN }).end();
    expect(await all.ended()).toEqual([]);
  });

  test('what was not chosen says so to the next process, in the trace that it stands in', () => {
    const { tracing } = open(0);
    const span = tracing.begin('http.server', server, { parent: UNCHOSEN });
    expect([span.isRecorded, span.traceparent.slice(0, 35), span.traceparent.slice(-2)]).toEqual([
      false,
      UNCHOSEN.slice(0, 35),
      '00',
    ]);
    expect(span.run(() => tracing.current())).toBeUndefined();
  });

  test('under a span that was not chosen there is none, whoever runs it: not even that of a trace that was', async () => {
    const { tracing, ended } = open();
    const chosen = tracing.begin('messaging.process', {}, { parent: PARENT });
    const other = tracing.begin('messaging.process', {}, { parent: UNCHOSEN });
    const [current, above] = await chosen.run(async () => {
      await Promise.resolve();
      const under = await other.run(async () => {
        await Promise.resolve();
        return tracing.within('cache.call', {}, () => tracing.current());
      });
      return [under, tracing.current()];
    });
    expect([current, above?.spanId]).toEqual([undefined, chosen.spanId]);
    other.end();
    chosen.end();
    expect((await ended()).map(({ name }) => name)).toEqual(['process other']);
  });

  test('a share of those that begin here is recorded, by their ids alone', () => {
    const { tracing } = open(0.25);
    const spans = Array.from({ length: 400 }, () => tracing.begin('http.server', server));
    // The sampler of the SDK compares the id's two halves with the share of 2^32: what it chose must agree with that for each.
    const chosenById = spans.map(({ traceId }) => {
      const parts = traceId.match(/.{8}/g) ?? [];
      const folded = parts.reduce((sum, part) => (sum ^ Number.parseInt(part, 16)) >>> 0, 0);
      return folded < 0.25 * 0xffff_ffff;
    });
    expect(spans.map(({ isRecorded }) => isRecorded)).toEqual(chosenById);
    for (const span of spans) span.end();
  });

  test.each([
    '',
    'nonsense',
    `ff${PARENT.slice(2)}`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `${PARENT.slice(0, 30)}`,
    `${PARENT}-evil`,
  ])('a header that is none (%s) begins a trace of its own', async (parent) => {
    const { tracing, ended } = open();
    tracing.begin('http.server', server, { parent }).end();
    const [span] = await ended();
    expect(span?.parentSpanContext).toBeUndefined();
  });
});

test('outside of a recorded trace a call is the call and nothing else', async () => {
  const { tracing, ended } = open();
  expect(tracing.within('cache.call', {}, () => 'read')).toBe('read');
  const target = { read: (id: string) => `${id}!` };
  expect(traceCalls(tracing, target, { read: { name: 'cache.call', attributes: () => ({}) } }).read('a')).toBe('a!');
  expect(await ended()).toEqual([]);
});

test('off, an object is given back itself, and every call is its argument', () => {
  const target = { read: () => 1 };
  expect(traceCalls(noTracing, target, { read: { name: 'cache.call', attributes: () => ({}) } })).toBe(target);
  expect(noTracing.within('cache.call', {}, () => 2)).toBe(2);
  expect([noTracing.isOn, noTracing.begin('http.server', server).isRecorded, noTracing.current()]).toEqual([
    false,
    false,
    undefined,
  ]);
});

test('a header of a later version may say more than is known here', async () => {
  const { tracing, ended } = open();
  tracing.begin('http.server', server, { parent: `01${PARENT.slice(2)}-more` }).end();
  expect((await ended())[0]?.parentSpanContext?.spanId).toBe(PARENT.split('-')[2]);
});

test('nobody but the caller handles what a traced call rejects with', async () => {
  const { tracing, ended } = open();
  const root = tracing.begin('http.server', server);
  const failing = Promise.reject(new Error('not there'));
  const traced = root.run(() => tracing.within('cache.call', {}, () => failing));
  expect(traced).not.toBe(failing); // else the span's own look at it would count as the caller's
  await expect(traced).rejects.toThrow('not there');
  root.end();
  expect((await ended()).map(({ status }) => status.code)).toEqual([2, 0]);
});

test('an error that throws when it is looked at is said to have no code, and goes on as it was', async () => {
  const { tracing, ended } = open();
  const odd = Object.defineProperty({}, 'code', {
    get() {
      throw new Error('no look');
    },
  });
  const root = tracing.begin('http.server', server);
  await expect(root.run(() => tracing.within('cache.call', {}, () => Promise.reject(odd as Error)))).rejects.toBe(odd);
  root.end();
  expect((await ended())[0]?.attributes['error.type']).toBe('UNPLANNED');
});

test('a frozen object is refused at once, not at its first call', () => {
  const { tracing } = open();
  const frozen = Object.freeze({ read: () => 1 });
  expect(() => traceCalls(tracing, frozen, { read: { name: 'cache.call', attributes: () => ({}) } })).toThrow('frozen');
  expect(traceCalls(noTracing, frozen, { read: { name: 'cache.call', attributes: () => ({}) } })).toBe(frozen);
});

test('methods of a class keep their private fields, and what is not named is as it was', async () => {
  class Store {
    readonly #kept = new Map([['a', 1]]);
    get size() {
      return this.#kept.size;
    }
    read(id: string) {
      return this.#kept.get(id);
    }
    forget(id: string) {
      return this.#kept.delete(id);
    }
  }
  const { tracing, ended } = open();
  const store = traceCalls(tracing, new Store(), { read: { name: 'cache.call', attributes: () => ({}) } });
  const root = tracing.begin('http.server', server);
  expect(root.run(() => [store.read('a'), store.size, store.forget('a'), store.size])).toEqual([1, 1, true, 0]);
  root.end();
  expect((await ended()).map(({ name }) => name)).toEqual(['other estimates', 'GET /v1/estimates/:propertyId']);
});

test('links beyond the limit are left out', async () => {
  const { tracing, ended } = open();
  const span = tracing.begin('http.server', server, { links: Array.from({ length: LINKS_MAX + 5 }, () => PARENT) });
  span.end();
  expect((await ended())[0]?.links).toHaveLength(LINKS_MAX);
});

test('no span has an attribute that could be an id, a key, a place, a session or a value', () => {
  const unbounded =
    /(?<!partition\.)id$|key|session|viewer|tile|path|url|message\b(?!_count)|offset|usd|header|address/i;
  const attributes = Object.values(spanNames).flatMap((spec) => Object.keys(spec.attributes));
  expect(attributes.filter((name) => unbounded.test(name.replace(/^messaging/, '')))).toEqual([]);
  expect(
    ['propertyId', 'session.key', 'url.path', 'valueUsd', 'client.address'].every((name) => unbounded.test(name)),
  ).toBe(true);
});
