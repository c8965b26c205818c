import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { flagsInForce, printFlags, redisFlagStore, type FlagsDocument, type FlagStore } from '@porchlight/rollout';
import { forgetFlags } from '@porchlight/rollout/testing';
import { needed, newGeneration, openHomes, startRealApi, type RealApi } from './testing/real-api.ts';
import { startSocketUpstream, type SocketUpstream } from './testing/upstream-on-a-socket.ts';
import { sessionKeyOf } from './viewer/session-key.ts';

/** Two instances of estimate-api on one Redis and one PostgreSQL, and flags that an operator changes while they run. */

const WAIT_MAX_MS = 20_000;
const POLL_MS = 20;
const HMAC_KEY = 'a key that both instances have';
const GENERATION = newGeneration();
const FLAGS_KEY = `${GENERATION}:flags`;
const id = (name: string): string => `${GENERATION}-${name}`;
const SESSIONS = Array.from({ length: 30 }, (_, at) => `session-${at}`);

let homes: Awaited<ReturnType<typeof openHomes>>;
let upstream: SocketUpstream;
let store: FlagStore;
let instances: RealApi[] = [];
let written: string | null = null;
let version = 0;

/** What an operator does. @returns the rules as they are dealt */
async function put(flags: FlagsDocument['flags']) {
  const document = { version: (version += 1), changedAt: Date.now(), flags };
  const text = printFlags(document);
  expect(await store.replace(written, text)).toBe(true);
  written = text;
  return flagsInForce(document);
}

/** @returns after how many milliseconds both instances have said that the last document is in force */
async function untilInForce(): Promise<number> {
  const begunAt = Date.now();
  for (;;) {
    const seen = await Promise.all(
      instances.map(async (each) => (await each.metrics()).sum('porchlight_flags_version', { origin: 'store' })),
    );
    if (seen.every((each) => each === version)) return Date.now() - begunAt;
    if (Date.now() - begunAt > WAIT_MAX_MS) throw new Error(`version ${version} is not in force: ${seen.join(', ')}`);
    await delay(POLL_MS);
  }
}

const ask = async ({ port }: RealApi, propertyId: string, session: string): Promise<string> => {
  const url = `http://127.0.0.1:${port}/v1/estimates/${propertyId}?deadlineMs=5000`;
  return await (await fetch(url, { headers: { 'x-session-id': session } })).text();
};

beforeAll(async () => {
  homes = await openHomes();
  await homes.add(['a', 'b'].map(id));
  upstream = await startSocketUpstream();
  for (const name of ['a', 'b']) {
    const estimate = { estimateVersion: 1, valueUsd: 700_000, lowUsd: 650_000, highUsd: 750_000, computedAt: 1 };
    upstream.estimates.set(id(name), estimate);
  }
  store = redisFlagStore({ url: needed('REDIS_URL'), key: FLAGS_KEY });
  const environment = {
    DATABASE_URL: homes.databaseUrl,
    UPSTREAM_URL: upstream.url,
    UPSTREAM_API_KEY: 'key',
    CACHE_KEY_GENERATION: GENERATION,
    SESSION_HMAC_KEY: HMAC_KEY,
    FLAGS_KEY,
  };
  instances = [await startRealApi(environment), await startRealApi(environment)];
});

afterAll(async () => {
  await Promise.all(instances.map((each) => each.stop()));
  await Promise.all([homes.close(), upstream.close(), store.close()]);
  await forgetFlags(needed('REDIS_URL'), FLAGS_KEY);
});

test('half of the sessions without the cache: the same in both instances, paid for each time, and the metrics say so', async () => {
  const flags = await put({ 'cache.read': { percent: 50, cohort: 'on', rest: 'off' } });
  process.stdout.write(`a change is in force in two instances after ${await untilInForce()} ms\n`);
  const isOff = (session: string) => flags.cohortOf('cache.read', sessionKeyOf(session, HMAC_KEY)) === 'off';
  const off = SESSIONS.filter(isOff).length;
  expect([off > 0, off < SESSIONS.length]).toEqual([true, true]);
  const answers = new Set<string>();
  for (const session of SESSIONS) for (const each of instances) answers.add(await ask(each, id('a'), session));
  expect([...answers]).toEqual([expect.stringContaining('"status":"available"')]);
  expect(upstream.calls).toHaveLength(2 * off + 1); // and once for all who have a cache
  for (const [at, each] of instances.entries()) {
    const scrape = await each.metrics();
    const items = (cacheRead: string, source: string) =>
      scrape.sum('porchlight.estimate_api.items', { cache_read: cacheRead, source });
    const firstMiss = at === 0 ? 1 : 0;
    expect([items('off', 'miss'), items('off', 'hit')]).toEqual([off, 0]);
    expect([items('on', 'miss'), items('on', 'hit')]).toEqual([firstMiss, SESSIONS.length - off - firstMiss]);
    const latencies = (cacheRead: string) =>
      scrape.sum('porchlight_estimate_api_answer_duration_seconds_count', { cache_read: cacheRead, route: 'single' });
    expect([latencies('off'), latencies('on')]).toEqual([off, SESSIONS.length - off]);
  }
}, 60_000);

test('a share that grows: who had the cache has it still, and a document that is none changes nothing', async () => {
  const before = await put({ 'cache.read': { percent: 20, cohort: 'on', rest: 'off' } });
  await untilInForce();
  await put({ 'cache.read': { percent: 80, cohort: 'on', rest: 'off' } });
  await untilInForce();
  const kept = SESSIONS.filter((each) => before.cohortOf('cache.read', sessionKeyOf(each, HMAC_KEY)) === 'on');
  expect(kept.length).toBeGreaterThan(0);
  expect(await store.replace(written, '{"format": 1')).toBe(true);
  written = '{"format": 1';
  const [one] = instances;
  if (one === undefined) throw new Error('there are two');
  const refused = async () => (await one.metrics()).sum('porchlight.flags.readings', { reading: 'refused' });
  const giveUpAt = Date.now() + WAIT_MAX_MS;
  while ((await refused()) === 0 && Date.now() < giveUpAt) await delay(POLL_MS);
  expect(await refused()).toBeGreaterThan(0);
  for (const session of kept) await ask(one, id('b'), session);
  expect(upstream.calls.filter((ids) => ids.includes(id('b')))).toHaveLength(1); // the first fills, the others hit
}, 60_000);
