import { randomBytes } from 'node:crypto';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@porchlight/clock';
import { eventually, untilTrue } from '@porchlight/clock/testing';
import { printFlags } from '../../flags-document.ts';
import { createRollout, type Rollout } from '../../rollout.ts';
import type { FlagStore } from '../../flag-store.ts';
import { flagStoreConformance } from '../../testing/index.ts';
import { redisFlagStore } from './redis-flag-store.ts';

function redisUrl(): string {
  const { REDIS_URL: url = '' } = process.env;
  if (url === '') throw new Error('REDIS_URL is not set: npm test starts the servers and sets it');
  return url;
}

/** A way to Redis that the test cuts, and mends on the same port. */
async function cuttable() {
  const { hostname, port } = new URL(redisUrl());
  const sockets = new Set<Socket>();
  const listen = async (on: number): Promise<Server> => {
    const server = createServer((client) => {
      const redis = connect(Number(port), hostname);
      for (const socket of [client, redis]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => (client.destroy(), redis.destroy(), sockets.delete(socket)));
      }
      client.pipe(redis).pipe(client);
    }).listen(on, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen(0);
  const { port: own } = server.address() as AddressInfo;
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { url: `redis://127.0.0.1:${own}`, cut, mend: async () => void (server = await listen(own)), close: cut };
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** @returns after how many milliseconds */
async function until(what: string, isSo: () => boolean): Promise<number> {
  const begunAt = Date.now();
  await untilTrue(what, isSo);
  return Date.now() - begunAt;
}

let way: Awaited<ReturnType<typeof cuttable>>;
let key: string;
let redis: Redis;
const opened: { close(): Promise<void> }[] = [];
const storeAt = (url: string): FlagStore => {
  const store = redisFlagStore({ url, key });
  opened.push(store);
  return store;
};
const rollouts: Rollout[] = [];
const startAt = async (url: string): Promise<Rollout> => {
  const rollout = createRollout({ store: storeAt(url), clock: systemClock, log: silent });
  rollouts.push(rollout);
  await rollout.start();
  return rollout;
};
const documentOf = (version: number, percent: number): string =>
  printFlags({ version, changedAt: 0, flags: { 'cache.read': { percent, cohort: 'on', rest: 'off' } } });

beforeEach(async () => {
  way = await cuttable();
  key = `test-${randomBytes(6).toString('hex')}:flags`;
  redis = new Redis(redisUrl());
});
afterEach(async () => {
  for (const rollout of rollouts.splice(0)) rollout.stop();
  for (const store of opened.splice(0)) await store.close();
  await redis.del(key);
  redis.disconnect();
  await way.close();
});

describe('Redis keeps what every store of flags promises', () => {
  test.each(flagStoreConformance)('$title', async (promise) => {
    await promise.check({ store: storeAt(way.url), another: storeAt(redisUrl()), cut: way.cut });
  });
});

test('the key has no expiry: volatile-lru never evicts it', async () => {
  await storeAt(redisUrl()).replace(null, 'a');
  expect(await redis.ttl(key)).toBe(-1);
});

test('a server that accepts and says nothing is given up on', async () => {
  const mute = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const store = storeAt(`redis://127.0.0.1:${(mute.address() as AddressInfo).port}`);
  await expect(store.read()).rejects.toMatchObject({ code: 'FLAGS_UNAVAILABLE', fate: 'retry' });
  await store.close();
  await new Promise((resolve) => mute.close(resolve));
});

test('a change is in force in two instances, also through a Redis that is cut off in between', async () => {
  const [one, two] = [await startAt(way.url), await startAt(redisUrl())];
  const writer = storeAt(redisUrl());
  const [first, second] = [documentOf(1, 0), documentOf(2, 100)];
  await writer.replace(null, first);
  const tookMs = await until('both have it', () => one.state().version === 1 && two.state().version === 1);
  process.stdout.write(`a change is in force in two instances after ${tookMs} ms\n`);
  expect([one, two].map((each) => each.now().cohortOf('cache.read', 'a'))).toEqual(['off', 'off']);
  await way.cut();
  await writer.replace(first, second);
  await until('the second has it', () => two.state().version === 2);
  expect([one, two].map((each) => each.now().cohortOf('cache.read', 'a'))).toEqual(['off', 'on']);
  await way.mend();
  await until('the first has it', () => one.state().version === 2);
  expect(one.now().cohortOf('cache.read', 'a')).toBe('on');
});

test('a Redis that is away at the start is found when it comes', async () => {
  await redis.set(key, documentOf(5, 0));
  await way.cut();
  const rollout = await startAt(way.url);
  expect(rollout.state()).toEqual({ origin: 'usual', version: 0, readAgoMs: null });
  await way.mend();
  await until('it is in force', () => rollout.state().version === 5);
  expect(rollout.state().origin).toBe('store');
});

test('a Redis that has forgotten is given back what it said', async () => {
  await redis.set(key, documentOf(5, 0));
  await startAt(redisUrl());
  await redis.del(key);
  const text = await eventually(
    () => redis.get(key),
    (found) => found !== null,
    'the flags',
  );
  expect(text).toBe(documentOf(5, 0));
});
