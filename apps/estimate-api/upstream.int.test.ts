import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connectEstimateCache, upstreamBudgetKeyOf } from '@porchlight/estimate-cache';
import { faultyProxy, type FaultyProxy } from '@porchlight/estimate-cache/testing';
import { disciplinedSource, httpEstimateSource, redisBudgetStore } from '@porchlight/estimate-source';
import { unlimited } from '@porchlight/estimate-source/testing';
import { systemClock } from '@porchlight/service';
import { eventually } from './testing/eventually.ts';
import { needed, newGeneration, openHomes, startRealApi, type RealApi } from './testing/real-api.ts';
import { SIMULATOR_KEY, spawnSimulator, type SpawnedSimulator } from './testing/spawn-simulator.ts';

/** Several estimate-apis on a real Redis, a real PostgreSQL and the real upstream-simulator, in every trouble with upstream. */

const PREFIX = `u${randomBytes(6).toString('hex')}`;
const HOMES = 10_000;
let drawn = 1;
/** Homes that nobody has asked for yet. */
const fresh = (count: number): string[] => Array.from({ length: count }, () => `${PREFIX}-${(drawn += 1)}`);
const one = (): string => fresh(1)[0] ?? '';
/** A home that is asked for past the cache, again and again. */
const WARM = `${PREFIX}-1`;

let homes: Awaited<ReturnType<typeof openHomes>>;
let simulator: SpawnedSimulator;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  [homes, simulator] = await Promise.all([openHomes(), spawnSimulator()]);
  const all = Array.from({ length: HOMES }, (_, at) => `${PREFIX}-${at + 1}`);
  await homes.add(all);
  await simulator.load(all);
}, 60_000);

afterEach(async () => {
  await simulator.faults();
  for (const close of closers.splice(0).reverse()) await close();
});

afterAll(async () => {
  await Promise.all([homes.close(), simulator.close()]);
});

async function startOne(environment: Readonly<Record<string, string>> = {}): Promise<RealApi> {
  const api = await startRealApi({
    DATABASE_URL: homes.databaseUrl,
    UPSTREAM_URL: simulator.url,
    UPSTREAM_API_KEY: SIMULATOR_KEY,
    CACHE_KEY_GENERATION: newGeneration(),
    ...environment,
  });
  closers.push(() => api.stop());
  return api;
}

/** Two processes of one fleet. */
async function startTwo(environment: Readonly<Record<string, string>> = {}): Promise<[RealApi, RealApi]> {
  const fleet = { CACHE_KEY_GENERATION: newGeneration(), ...environment };
  return [await startOne(fleet), await startOne(fleet)];
}

async function askEach(api: RealApi, propertyIds: readonly string[], deadlineMs?: number): Promise<string[]> {
  const statuses: string[] = [];
  for (const propertyId of propertyIds) statuses.push(await api.status(propertyId, deadlineMs));
  return statuses;
}

const available = (api: RealApi, propertyId: string): Promise<void> =>
  eventually(`${propertyId} is available`, async () => (await api.status(propertyId)) === 'available');
const refusedFor = async (api: RealApi, code: string): Promise<number> =>
  (await api.metrics()).sum('porchlight.upstream.refused', { code });
const openness = async (api: RealApi): Promise<number> => (await api.metrics()).sum('porchlight.upstream.breaker.open');
const askedOf = async (): Promise<number> => {
  const { billedRequests, refused } = await simulator.meter();
  return billedRequests + Object.values(refused).reduce((sum, count) => sum + count, 0);
};
const count = (statuses: readonly string[], status: string): number =>
  statuses.filter((each) => each === status).length;

describe('an upstream in trouble', () => {
  test.each([
    ['fails', { status: 503 }],
    ['never answers', { hang: true }],
    ['answers too late', { latencyMs: 2_000 }],
    ['gives answers that cannot be understood', { wrongBytes: 'not-json' }],
  ])(
    'that %s is left alone, misses are pending, hits are served; when it is well again it is asked again',
    async (_how, faults) => {
      const api = await startOne({
        UPSTREAM_TIMEOUT_MS: '300',
        UPSTREAM_BREAKER_CALLS_MIN: '4',
        UPSTREAM_BREAKER_OPEN_MS: '300',
      });
      const cached = one();
      await available(api, cached);
      await simulator.faults(faults);
      await eventually('the breaker is open', async () => {
        await api.status(one());
        return (await openness(api)) === 1;
      });
      await eventually('a miss is refused', async () => {
        expect(await api.status(one())).toBe('pending');
        return (await refusedFor(api, 'SOURCE_BROKEN')) > 0;
      });
      expect(await api.status(cached)).toBe('available');
      await simulator.faults();
      await eventually('the breaker is closed', async () => (await api.status(one())) === 'available');
      expect(await openness(api)).toBe(0);
    },
    60_000,
  );

  test('that stands still costs a crowd of misses pending by the deadline, and no more calls than are allowed', async () => {
    const api = await startOne({ UPSTREAM_REQUESTS_MAX: '2', UPSTREAM_WAITERS_MAX: '10', UPSTREAM_TIMEOUT_MS: '1200' });
    const asked = await askedOf();
    await simulator.faults({ hang: true });
    const statuses = await Promise.all(fresh(200).map((id) => api.status(id, 50)));
    expect(new Set(statuses)).toEqual(new Set(['pending']));
    await simulator.faults();
    await eventually('a miss is answered', async () => (await api.status(one())) === 'available');
    // two that hung, two more that the few who may wait made of their places, and those that asked whether it is well again
    expect((await simulator.meter()).refused.hung).toBeGreaterThanOrEqual(1);
    expect((await askedOf()) - asked).toBeLessThan(200);
  }, 60_000);

  test('that asks for a pause is left alone by every process of the fleet', async () => {
    const [told, other] = await startTwo();
    await simulator.faults({ status: 429, retryAfterS: 60 });
    const before = (await simulator.meter()).refused['429'] ?? 0;
    expect(await told.status(one())).toBe('pending');
    await simulator.faults();
    // told writes it behind its answer's back: the other one learns it with a draw, if not with this one then with the next
    await eventually('the other one pauses', async () => {
      await other.status(one());
      return (await refusedFor(other, 'SOURCE_PAUSED')) > 0;
    });
    const asked = await askedOf();
    expect(await askEach(other, fresh(10))).toEqual(Array(10).fill('pending'));
    expect(await askEach(told, fresh(10))).toEqual(Array(10).fill('pending'));
    expect([(await askedOf()) - asked, ((await simulator.meter()).refused['429'] ?? 0) - before]).toEqual([0, 1]);
    expect((await other.metrics()).sum('porchlight.upstream.pause.left', { lane: 'user' })).toBeGreaterThan(30);
    expect(await openness(told)).toBe(0);
  });

  test('that asked for a pause is asked again when it is over', async () => {
    const api = await startOne();
    await simulator.faults({ status: 429, retryAfterS: 1 });
    expect(await api.status(one())).toBe('pending');
    await simulator.faults();
    await eventually('the pause is over', async () => (await api.status(one())) === 'available');
  }, 30_000);
});

describe('the budget of the fleet', () => {
  test('is kept by two processes together: so many calls a second, and what is above is pending', async () => {
    const perS = 20;
    const apis = await startTwo({
      UPSTREAM_BUDGET_REQUESTS_PER_S: String(perS),
      UPSTREAM_BUDGET_LOCAL_PERCENT: '0',
      UPSTREAM_RETRY_PERCENT: '0',
    });
    const billed = (await simulator.meter()).billedRequests;
    const begunAt = performance.now();
    const statuses = (await Promise.all(apis.map((api) => askEach(api, fresh(150))))).flat();
    const seconds = (performance.now() - begunAt) / 1_000;
    const paid = (await simulator.meter()).billedRequests - billed;
    // what was saved up (one second's worth), and what flowed in meanwhile
    expect(paid).toBeLessThanOrEqual(perS + Math.ceil(seconds * perS));
    expect(count(statuses, 'available')).toBeLessThanOrEqual(paid);
    expect(count(statuses, 'available') + count(statuses, 'pending')).toBe(300);
    const made = async (api: RealApi) => (await api.metrics()).count('porchlight.upstream.duration');
    const counts = apis.flatMap((api) => [made(api), refusedFor(api, 'SOURCE_OVER_BUDGET')]);
    expect((await Promise.all(counts)).reduce((sum, each) => sum + each, 0)).toBe(300);
  }, 60_000);

  test('leaves users their reserve whatever warm-ups ask for, and sheds the warm-ups', async () => {
    const fleet = { CACHE_KEY_GENERATION: newGeneration(), UPSTREAM_BUDGET_REQUESTS_PER_S: '40' };
    const api = await startOne(fleet);
    const redis = await connectEstimateCache({ url: needed('REDIS_URL') });
    const http = httpEstimateSource({ url: simulator.url, apiKey: SIMULATOR_KEY });
    closers.push(
      () => redis.close(),
      () => http.close(),
    );
    // As data-fetcher does, by the same budget.
    const store = redisBudgetStore({ runner: redis.scripts, key: upstreamBudgetKeyOf(fleet.CACHE_KEY_GENERATION) });
    const budget = { store, requestsPerS: 40, itemsPerS: 0, burstS: 1, reserveShare: 0.5, localShare: 0.1 };
    const warm = disciplinedSource(http, unlimited(systemClock, { budget, lane: 'background' }));
    const billed = async (lane: string) => (await simulator.meter()).lanes[lane]?.requests ?? 0;
    const [ofUsers, ofWarmUps] = [await billed('user'), await billed('background')];
    let isOver = false;
    let shed = 0;
    const warmUp = async (): Promise<void> => {
      while (!isOver) {
        const code = await warm.fetch([WARM]).then(
          () => 'ok',
          (error: unknown) => (error as { code: string }).code,
        );
        if (code === 'SOURCE_OVER_BUDGET') shed += 1;
      }
    };
    const warmUps = Promise.all([warmUp(), warmUp()]);
    await eventually('warm-ups are shed', async () => shed > 0);
    for (const home of fresh(15)) await available(api, home); // below the reserve of 20
    isOver = true;
    await warmUps;
    expect((await billed('user')) - ofUsers).toBeGreaterThanOrEqual(15);
    expect((await billed('background')) - ofWarmUps).toBeGreaterThan(0);
    // Where Redis took longer than a draw may wait, on a busy machine, this process had its own share alone.
    const alone = (await api.metrics()).sum('porchlight.upstream.draws', { from: 'local' });
    expect(await refusedFor(api, 'SOURCE_OVER_BUDGET')).toBeLessThanOrEqual(alone);
  }, 60_000);
});

describe('while something else is away', () => {
  const throughProxy = async (url: string): Promise<{ proxy: FaultyProxy; through: string }> => {
    const proxy = await faultyProxy(url);
    closers.push(() => proxy.close());
    const through = new URL(url);
    through.host = new URL(proxy.url).host;
    return { proxy, through: through.toString() };
  };

  test('Redis: upstream gets a trickle, at most so many calls a second, and never a storm', async () => {
    const perS = 5;
    const { proxy, through } = await throughProxy(needed('REDIS_URL'));
    const api = await startOne({ REDIS_URL: through, TRICKLES_PER_S: String(perS) });
    await available(api, one());
    await proxy.cut();
    await eventually('Redis is missed', async () => {
      await api.status(one());
      return (await api.metrics()).sum('porchlight.estimate_api.leases', { outcome: 'failed' }) > 0;
    });
    const billed = (await simulator.meter()).billedRequests;
    const begunAt = performance.now();
    const statuses = (await Promise.all([1, 2, 3, 4].map(() => askEach(api, fresh(50))))).flat();
    const seconds = (performance.now() - begunAt) / 1_000;
    const paid = (await simulator.meter()).billedRequests - billed;
    expect(paid).toBeLessThanOrEqual(perS + Math.ceil(seconds * perS));
    expect(count(statuses, 'available') + count(statuses, 'pending')).toBe(200);
    await proxy.mend();
    const home = one();
    await eventually('Redis is back', async () => {
      await available(api, home);
      return (await api.metrics()).sum('porchlight.estimate_api.items', { source: 'hit' }) > 0;
    });
  }, 60_000);

  test('Redis, with a budget: this process keeps to its share of it', async () => {
    const { proxy, through } = await throughProxy(needed('REDIS_URL'));
    const api = await startOne({
      REDIS_URL: through,
      TRICKLES_PER_S: '1000',
      UPSTREAM_BUDGET_REQUESTS_PER_S: '100',
      UPSTREAM_BUDGET_LOCAL_PERCENT: '5',
    });
    await available(api, one());
    await proxy.cut();
    await eventually('it keeps to its share', async () => {
      await api.status(one());
      return (await api.metrics()).sum('porchlight.upstream.draws', { from: 'local' }) > 0;
    });
    const billed = (await simulator.meter()).billedRequests;
    const begunAt = performance.now();
    const statuses = await askEach(api, fresh(100));
    const seconds = (performance.now() - begunAt) / 1_000;
    const paid = (await simulator.meter()).billedRequests - billed;
    expect(paid).toBeLessThanOrEqual(5 + Math.ceil(seconds * 5));
    expect(count(statuses, 'available')).toBeLessThanOrEqual(paid);
    await eventually('its share is spent', async () => (await api.status(one())) === 'available');
  }, 60_000);

  test('PostgreSQL: hits are served, misses are pending, and nothing is paid', async () => {
    const { proxy, through } = await throughProxy(homes.databaseUrl);
    const api = await startOne({ DATABASE_URL: through });
    const cached = fresh(5);
    for (const home of cached) await available(api, home);
    await proxy.cut();
    const asked = await askedOf();
    expect(await askEach(api, cached)).toEqual(Array(5).fill('available'));
    expect(await askEach(api, fresh(5), 500)).toEqual(Array(5).fill('pending'));
    expect((await askedOf()) - asked).toBe(0);
    await proxy.mend();
  }, 60_000);

  test('all of them hang: every answer comes all the same, and nothing is shown that is not known', async () => {
    const redis = await throughProxy(needed('REDIS_URL'));
    const database = await throughProxy(homes.databaseUrl);
    const api = await startOne({ REDIS_URL: redis.through, DATABASE_URL: database.through });
    await available(api, one());
    await simulator.faults({ hang: true });
    redis.proxy.hang();
    database.proxy.hang();
    const statuses = await Promise.all(fresh(60).map((home, at) => api.status(home, at % 3 === 0 ? 0 : 100)));
    expect(new Set(statuses)).toEqual(new Set(['pending']));
    await Promise.all([redis.proxy.mend(), database.proxy.mend(), simulator.faults()]);
    await available(api, one());
  }, 60_000);
});
