import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { BUCKETS, connectEstimateCache } from '@porchlight/estimate-cache';
import { openHand, RedisHand } from '@porchlight/estimate-cache/testing';
import { eventually } from './testing/eventually.ts';
import { needed, newGeneration, openHomes, startRealApi } from './testing/real-api.ts';
import { startSocketUpstream, type SocketUpstream } from './testing/upstream-on-a-socket.ts';

/** FRESHNESS=events on a real Redis: how late `estimate.updated` is stands in the marks of its buckets. */

const HOME = `f${randomBytes(6).toString('hex')}`;
const LATE_MS = 300_000;
const estimate = (estimateVersion: number) => ({
  estimateVersion,
  valueUsd: 500_000 + estimateVersion,
  lowUsd: 1,
  highUsd: 2,
  computedAt: 3,
});

let homes: Awaited<ReturnType<typeof openHomes>>;
let upstream: SocketUpstream;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  [homes, upstream] = await Promise.all([openHomes(), startSocketUpstream()]);
  await homes.add([HOME]);
}, 60_000);
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  upstream.calls.length = 0;
});
afterAll(async () => {
  await Promise.all([homes.close(), upstream.close()]);
});

async function bench() {
  const generation = newGeneration();
  const servers = { url: needed('REDIS_URL'), topology: 'single' as const };
  const connection = await connectEstimateCache({ ...servers, config: { keyGeneration: generation } });
  closers.push(() => connection.close());
  const opened = openHand(servers);
  closers.push(async () => opened.close());
  const hand = new RedisHand(opened.redis, generation);
  const api = await startRealApi({
    DATABASE_URL: homes.databaseUrl,
    UPSTREAM_URL: upstream.url,
    UPSTREAM_API_KEY: 'a key',
    CACHE_KEY_GENERATION: generation,
    FRESHNESS: 'events',
    ESTIMATES_LATE_MS: String(LATE_MS),
    MARK_POLL_MS: '50',
  });
  closers.push(() => api.stop());
  const age: () => Promise<number | undefined> = async () =>
    (await api.metrics()).samples.find(({ name }) => name.startsWith('porchlight_estimate_api_estimates_age'))?.value;
  return {
    age,
    /** An invalidator says that the topic is applied up to now less `lagMs`; seen by the API when this returns. */
    mark: async (lagMs: number): Promise<void> => {
      const at = { topic: topics.estimateUpdated.name, partition: 0 };
      const all = Array.from({ length: BUCKETS }, (_, bucket) => bucket);
      const taken = { ...at, seenOffset: null, nextOffset: 1n, sinceAt: null };
      await connection.marks.reset(all.map((bucket) => ({ bucket, commands: [taken] }))); // the first time alone: then it is kept
      const runs = await connection.marks.read();
      const untilAt = Date.now() - lagMs;
      const command = { ...at, fromOffset: 1n, toOffset: 1n, untilAt };
      const commands = all.map((bucket) => ({ bucket, commands: [{ ...command, run: runs[bucket]?.run ?? null }] }));
      const answers = await connection.marks.mark(commands);
      expect(new Set(answers.flat().map((answer) => answer?.outcome))).toEqual(new Set(['marked']));
      await eventually(
        'the API has read it',
        async () => Math.abs(((await age()) ?? -Infinity) * 1_000 - lagMs) < 30_000,
      );
    },
    /** Six minutes pass for the home alone. */
    pass: () => hand.pass(HOME, 360_000),
    status: () => api.status(HOME),
  };
}

test('an estimate of six minutes is refreshed while nobody marks the topic or it is late, and left alone while it is in time', async () => {
  upstream.estimates.set(HOME, estimate(1));
  const { mark, pass, status, age } = await bench();
  expect([await status(), upstream.calls.length, await age()]).toEqual(['available', 1, undefined]);
  await pass();
  // A process that is busy refreshes nothing: it is asked until it did.
  const refreshed = (calls: number) => async () => {
    expect(await status()).toBe('available');
    return upstream.calls.length === calls;
  };
  await eventually('it was refreshed: nobody says how late the topic is', refreshed(2));
  await mark(0);
  await pass();
  expect([await status(), await status(), await status()]).toEqual(['available', 'available', 'available']);
  expect(upstream.calls.length).toBe(2);
  await mark(LATE_MS + 60_000);
  await eventually('it was refreshed: the topic is late', refreshed(3));
  expect(upstream.calls).toEqual([[HOME], [HOME], [HOME]]);
}, 60_000);
