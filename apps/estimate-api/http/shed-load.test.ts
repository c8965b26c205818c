import { AsyncLocalStorage } from 'node:async_hooks';
import { request as ask, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { ApiBenchOptions } from '../testing/api-bench.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { eventually } from '../testing/eventually.ts';
import { manualEventLoop } from '../testing/manual-event-loop.ts';
import { BODY_BYTES_MAX, RETRY_AFTER_SPREAD_SECONDS } from './limits.ts';
import { STARTS_FIRST } from './turn-pace.ts';

const openBench = apiBenchesOfFile();
const ONE = '/v1/estimates/p1';

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function bench(options: ApiBenchOptions = {}) {
  const all = await openBench(options);
  await all.plant('p1');
  await all.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = all.app.server.address() as AddressInfo;
  const get = (path: string, headers: Record<string, string> = {}, body?: string): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const asked = ask({ port, host: '127.0.0.1', path, headers, method: body === undefined ? 'GET' : 'POST' });
      asked.on('error', reject).on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      asked.end(body);
    });
  return { ...all, get };
}

/** A cache that answers nobody until it is let go: whoever asks is under way until then. */
function hangingCache({ beforeCache }: Awaited<ReturnType<typeof bench>>) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let reads = 0;
  beforeCache.read = () => {
    reads += 1;
    return promise;
  };
  return { letGo: () => resolve(), reads: () => reads };
}

/** One is under way for good, and no more may be. */
async function fullBench(options: ApiBenchOptions = {}) {
  const all = await bench({ overload: { requestsMax: 1 }, ...options });
  const cache = hangingCache(all);
  const first = all.get(`${ONE}?deadlineMs=5000`);
  await eventually('the first is under way', () => cache.reads() === 1);
  return { ...all, cache, first };
}

describe('when as many are under way as may be', () => {
  test('the next is told so by a problem document that says when to come again', async () => {
    const { get, first, cache, metered } = await fullBench();
    const { status, headers, body } = await get(ONE, { 'x-request-id': 'mine' });
    expect(status).toBe(503);
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'private, no-store',
      vary: 'accept, authorization, x-viewer-role',
      'x-request-id': 'mine',
      'retry-after': expect.stringMatching(/^[1-3]$/),
    });
    expect(JSON.parse(body)).toEqual({
      type: 'urn:porchlight:problem:overloaded',
      title: 'More is asked than can be answered in time; come again later',
      status: 503,
      code: 'overloaded',
      detail: 'More is asked than can be answered in time; come again later',
      instance: 'urn:porchlight:request:mine',
    });
    expect(metered).toEqual(['refused full']);
    cache.letGo();
    expect((await first).status).toBe(200);
  });

  test('nothing of it is looked at: no token, no body, no cache', async () => {
    let looked = 0;
    const viewerOf = () => {
      looked += 1;
      return { role: 'unregistered' as const, caller: null, isService: false };
    };
    const { get, first, cache } = await fullBench({ viewerOf });
    const refused = await get(
      '/v1/estimates:batchGet',
      { authorization: 'Bearer x', 'content-type': 'application/json' },
      'no json',
    );
    expect([refused.status, looked, cache.reads()]).toEqual([503, 1, 1]);
    cache.letGo();
    await first;
  });

  test('whoever comes when one has left is let in', async () => {
    const { get, first, cache } = await fullBench();
    expect((await get(ONE)).status).toBe(503);
    cache.letGo();
    expect((await first).status).toBe(200);
    await eventually('there is room again', async () => (await get(ONE)).status === 200);
  });

  test('one whose caller hangs up has left', async () => {
    const all = await bench({ overload: { requestsMax: 1 } });
    const cache = hangingCache(all);
    const { port } = all.app.server.address() as AddressInfo;
    const asked = ask({ port, host: '127.0.0.1', path: `${ONE}?deadlineMs=5000` }).on('error', () => undefined);
    asked.end();
    await eventually('it is under way', () => cache.reads() === 1);
    asked.destroy();
    delete all.beforeCache.read;
    await eventually('there is room again', async () => (await all.get(ONE)).status === 200);
    cache.letGo();
  });

  test('health is answered all the same: whoever is full is alive and ready', async () => {
    const { get, first, cache } = await fullBench();
    const asked = ['/livez', '/readyz', '/livez?verbose', '/livezz', '/v1/livez', '/docs', '/openapi.json'];
    const statuses = await Promise.all(asked.map(async (path) => (await get(path)).status));
    expect(statuses).toEqual([200, 200, 200, 503, 503, 503, 503]);
    cache.letGo();
    await first;
  });

  test('refused together is not asked to come together', async () => {
    const { get, first, cache } = await fullBench();
    const told = new Set<string | undefined>();
    for (let at = 0; at < RETRY_AFTER_SPREAD_SECONDS; at += 1) told.add((await get(ONE)).headers['retry-after']);
    expect([...told].toSorted()).toEqual(['1', '2', '3']);
    cache.letGo();
    await first;
  });

  test('who comes again on the same connection is told the same, though nobody parses it any more', async () => {
    const origin = 'https://console.example';
    const { app, get, first, cache, metered } = await fullBench({ web: { corsOrigins: [origin] } });
    let parsed = 0;
    app.server.on('request', () => (parsed += 1));
    const told: object[] = [];
    for (let at = 0; at < 4; at += 1) {
      const { status, headers, body } = await get(ONE, { origin, 'x-request-id': 'mine', connection: 'keep-alive' });
      const { date: _, 'retry-after': after, ...others } = headers;
      told.push({ status, others, body, isAskedToWait: Number(after) > 0 });
    }
    expect(told).toEqual([told[0], told[0], told[0], told[0]]);
    expect(told[0]).toMatchObject({
      status: 503,
      others: { 'access-control-allow-origin': origin },
      isAskedToWait: true,
    });
    expect(parsed).toBeLessThan(4);
    expect(metered).toEqual(Array.from({ length: 4 }, () => 'refused full'));
    cache.letGo();
    await first;
  });

  test('a page of ours may read why, another page may not', async () => {
    const origin = 'https://console.example';
    const { get, first, cache } = await fullBench({ web: { corsOrigins: [origin] } });
    const [ours, other] = [await get(ONE, { origin }), await get(ONE, { origin: 'https://other.example' })];
    expect(ours.headers['access-control-allow-origin']).toBe(origin);
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
    cache.letGo();
    await first;
  });

  test('a connection is kept, unless what still comes on it is long or we stop', async () => {
    const { get, first, cache, state } = await fullBench();
    const post = (bytes: number) => get('/v1/estimates:batchGet', { connection: 'keep-alive' }, ' '.repeat(bytes));
    expect((await post(BODY_BYTES_MAX)).headers.connection).toBe('keep-alive');
    expect((await post(BODY_BYTES_MAX + 1)).headers.connection).toBe('close');
    state.stopping = true;
    expect((await post(10)).headers.connection).toBe('close');
    cache.letGo();
    await first;
  });
});

test('a loop that has no rest refuses some, has answered the others, and is alive and ready all the while', async () => {
  const all = await bench({ overload: { waitMs: 5, burstMs: 20 } });
  all.beforeCache.read = () => {
    const until = performance.now() + 2;
    while (performance.now() < until);
  };
  const statuses = new Set<number>();
  const health = new Set<number>();
  await eventually('somebody is refused', async () => {
    const wave = Promise.all(Array.from({ length: 100 }, () => all.get(ONE)));
    for (const path of ['/livez', '/readyz']) health.add((await all.get(path)).status);
    for (const { status } of await wave) statuses.add(status);
    return statuses.has(503);
  });
  expect([...statuses].toSorted()).toEqual([200, 503]);
  expect([...health]).toEqual([200]);
  expect(all.metered).toContain('refused busy');
  delete all.beforeCache.read;
  await eventually('everybody is let in again', async () => (await all.get(ONE)).status === 200);
});

test('whoever waits at the door is answered like anybody else, body and all', async () => {
  const loop = manualEventLoop();
  const { get, metered } = await bench({ overload: { waitMs: 50, burstMs: 500, loop } });
  const body = JSON.stringify({ propertyIds: ['p1'] });
  const wave = Array.from({ length: 3 * STARTS_FIRST }, () =>
    get('/v1/estimates:batchGet', { 'content-type': 'application/json' }, body),
  );
  let answered = 0;
  for (const each of wave) void each.then(() => (answered += 1));
  await eventually('as many are answered as are begun with in one turn', () => answered === STARTS_FIRST);
  await eventually('all are, as turns end', () => {
    loop.turn();
    return answered === wave.length;
  });
  expect(new Set((await Promise.all(wave)).map((each) => each.status))).toEqual(new Set([200]));
  expect(metered.filter((line) => line.startsWith('refused'))).toEqual([]);
});

test('each is answered in the context that it came in: a trace does not mix two', async () => {
  const loop = manualEventLoop();
  const all = await bench({ overload: { waitMs: 50, burstMs: 500, loop } });
  const contexts = new AsyncLocalStorage<string | undefined>();
  const emit = all.app.server.emit.bind(all.app.server) as (event: string, ...rest: unknown[]) => boolean;
  all.app.server.emit = ((event: string, ...rest: unknown[]) =>
    event === 'request'
      ? contexts.run((rest[0] as IncomingMessage).headers['x-request-id'] as string, () => emit(event, ...rest))
      : emit(event, ...rest)) as typeof all.app.server.emit;
  const seen: string[] = [];
  all.beforeCache.read = () => void seen.push(contexts.getStore() ?? 'none');
  const ids = Array.from({ length: 2 * STARTS_FIRST }, (_, at) => `id-${at}`);
  const wave = ids.map((id) => get(all, id));
  await eventually('all are read', () => {
    loop.turn();
    return seen.length === ids.length;
  });
  await Promise.all(wave);
  expect(seen.toSorted()).toEqual(ids.toSorted());
});

const get = ({ get: ask }: Awaited<ReturnType<typeof bench>>, id: string): Promise<Answered> =>
  ask(ONE, { 'x-request-id': id });
