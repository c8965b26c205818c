import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createSchemaRegistry, schemas, subjectOf, topics } from '@porchlight/contracts';
import { BrokerProxy } from '@porchlight/stream';
import { eventually } from './testing/eventually.ts';
import { needed, newGeneration, openHomes, startRealApi, type RealApi } from './testing/real-api.ts';
import { startSocketUpstream, type SocketUpstream } from './testing/upstream-on-a-socket.ts';

/** estimate-api on a real Redis and a real PostgreSQL, with brokers and a registry in every kind of trouble: nobody who asks notices. */

const PREFIX = `b${randomBytes(6).toString('hex')}`;
const HOMES = Array.from({ length: 20 }, (_, at) => `${PREFIX}-${String(at).padStart(2, '0')}`);
/** Around the one place where these homes are. */
const VIEWPORT = { west: -122.31, south: 47.59, east: -122.29, north: 47.61 };
const ZOOM = 16;
const ASKED = 30;
const NOBODY = '127.0.0.1:1';
const DROPPED = 'porchlight.publisher.dropped';
const DEPTH = 'porchlight.publisher.ring.depth';

let homes: Awaited<ReturnType<typeof openHomes>>;
let upstream: SocketUpstream;
/** Takes connections, reads, and never says a word: a broker that hangs, or a registry. */
let silent: { readonly address: string; close(): Promise<void> };
const closers: (() => Promise<unknown>)[] = [];

async function startSilent(): Promise<typeof silent> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(
      socket
        .on('error', () => undefined)
        .on('close', () => sockets.delete(socket))
        .resume(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

beforeAll(async () => {
  [homes, upstream, silent] = await Promise.all([openHomes(), startSocketUpstream(), startSilent()]);
  await homes.add(HOMES);
  for (const propertyId of HOMES)
    upstream.estimates.set(propertyId, {
      ...{ estimateVersion: 1, valueUsd: 700_000, lowUsd: 650_000, highUsd: 750_000 },
      computedAt: 1_700_000_000_000,
    });
  // What a deployment does: the schema is known, unless the registry is the one in trouble.
  const topic = topics.viewportViewed;
  const registry = createSchemaRegistry({ url: needed('SCHEMA_REGISTRY_URL') });
  await registry.register(subjectOf(topic), schemas[topic.name] ?? {}, topic.compatibility);
}, 60_000);

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

afterAll(async () => {
  await Promise.all([homes.close(), upstream.close(), silent.close()]);
});

async function start(environment: Readonly<Record<string, string>>): Promise<RealApi> {
  const api = await startRealApi({
    DATABASE_URL: homes.databaseUrl,
    UPSTREAM_URL: upstream.url,
    UPSTREAM_API_KEY: 'key',
    CACHE_KEY_GENERATION: newGeneration(),
    SCHEMA_REGISTRY_URL: needed('SCHEMA_REGISTRY_URL'),
    ...environment,
  });
  closers.push(() => api.stop());
  return api;
}

async function answerOf(path: string, { port }: RealApi, init: RequestInit = {}): Promise<unknown> {
  const answer: unknown = await (await fetch(`http://127.0.0.1:${port}${path}`, init)).json();
  return answer;
}

const askBatch = (api: RealApi): Promise<unknown> =>
  answerOf('/v1/estimates:batchGet', api, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': PREFIX },
    body: JSON.stringify({ propertyIds: HOMES, viewport: VIEWPORT, zoom: ZOOM }),
  });

const askMap = (api: RealApi): Promise<unknown> => {
  const query = Object.entries({ ...VIEWPORT, zoom: ZOOM }).map(([name, value]) => `${name}=${value}`);
  return answerOf(`/v1/map/estimates?${query.join('&')}`, api);
};

const estimate = { valueUsd: 700_000, lowUsd: 650_000, highUsd: 750_000, computedAt: 1_700_000_000_000 };
const answers = HOMES.map((propertyId) => ({ propertyId, status: 'available', estimate }));
const wholeBatch = { results: answers, pending: 0 };
const wholeMap = {
  homes: answers.map((result) => ({ latitude: 47.6, longitude: -122.3, result })),
  truncated: false,
  pending: 0,
};

/** Batches and maps by turns, so many at once; everybody gets everything, and nobody pays. */
async function expectNothingMissed(api: RealApi, times = ASKED): Promise<void> {
  const paid = upstream.calls.length;
  const asked = Array.from({ length: times }, (_, at) => (at % 2 === 0 ? askBatch(api) : askMap(api)));
  expect(await Promise.all(asked)).toEqual(
    Array.from({ length: times }, (_, at) => (at % 2 === 0 ? wholeBatch : wholeMap)),
  );
  expect(upstream.calls).toHaveLength(paid);
}

/** All homes are in the cache, and the process knows what its events look like. */
async function untilWarm(api: RealApi): Promise<void> {
  await eventually('the homes are cached', async () => ((await askBatch(api)) as { pending: number }).pending === 0);
  await eventually('events are published', async () => {
    await askBatch(api);
    const metrics = await api.metrics();
    return metrics.sum(DEPTH) + metrics.sum('porchlight.publisher.published') > 0;
  });
}

const dropsOf = async (api: RealApi): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await api.metrics()).select(DROPPED).map(({ labels, value }) => [labels['reason'] ?? '', value] as const),
  );

describe.each([
  ['is not there', () => NOBODY],
  ['takes connections and never answers', () => silent.address],
])('while the broker %s', (_, broker) => {
  test('it starts, is ready, answers everything from the cache, and its events wait in the ring', async () => {
    const api = await start({ KAFKA_BROKERS: broker() });
    expect((await fetch(`http://127.0.0.1:${api.port}/readyz`)).status).toBe(200);
    await untilWarm(api);
    const before = (await api.metrics()).sum(DEPTH);
    const droppedBefore = await dropsOf(api);
    await expectNothingMissed(api);
    await eventually('every view is in the ring', async () => (await api.metrics()).sum(DEPTH) === before + ASKED);
    expect(await dropsOf(api)).toEqual(droppedBefore);
  });
});

test('with a broker that is slow, everything is answered from the cache all the same', async () => {
  const proxy = new BrokerProxy(needed('KAFKA_BROKERS').split(',')[0] ?? '');
  await proxy.up();
  closers.push(() => proxy.down());
  proxy.slow(400);
  const api = await start({ KAFKA_BROKERS: proxy.address });
  await untilWarm(api);
  await expectNothingMissed(api);
  expect((await dropsOf(api))['full']).toBeUndefined();
});

test.each([
  ['never answers', () => silent.address],
  ['is not there', () => NOBODY],
])('while the registry %s, it is ready and answers; each view is dropped and counted as that', async (_, registry) => {
  const api = await start({ KAFKA_BROKERS: silent.address, SCHEMA_REGISTRY_URL: `http://${registry()}` });
  expect((await fetch(`http://127.0.0.1:${api.port}/readyz`)).status).toBe(200);
  await eventually('the homes are cached', async () => ((await askBatch(api)) as { pending: number }).pending === 0);
  const before = (await dropsOf(api))['registry'] ?? 0;
  await expectNothingMissed(api);
  expect(await dropsOf(api)).toEqual({ registry: before + ASKED });
  expect((await api.metrics()).sum(DEPTH)).toBe(0);
});
