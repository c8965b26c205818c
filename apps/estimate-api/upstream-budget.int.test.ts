import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  connectEstimateCache,
  createRedisConnection,
  upstreamBudgetKeyOf,
  type EstimateCacheConnection,
} from '@porchlight/estimate-cache';
import {
  budgetLimitsOf,
  drawTokens,
  redisBudgetStore,
  type BudgetStore,
  type Lane,
  type Tokens,
} from '@porchlight/estimate-source';
import { budgetConformance } from '@porchlight/estimate-source/testing';
import { needed, newGeneration } from './testing/real-api.ts';

/** The budget of the fleet in a real Redis, through the connection that the apps use. */

const SEED = 7;
/** A request in 1,000 s and a home in 21: what flows in while the test runs is nothing, what the test lets pass is exact. */
const limits = budgetLimitsOf({ requestsPerS: 0.001, itemsPerS: 0.047, burstS: 20_000, reserveShare: 0.5 });
const unlimited = budgetLimitsOf({ requestsPerS: 0, itemsPerS: 0, burstS: 1, reserveShare: 0.5 });

let redis: EstimateCacheConnection;
let hand: ReturnType<typeof createRedisConnection>;
let key: string;
let store: BudgetStore;

beforeAll(async () => {
  redis = await connectEstimateCache({ url: needed('REDIS_URL') });
  hand = createRedisConnection({ url: needed('REDIS_URL') });
  await hand.connect();
});
beforeEach(() => {
  key = upstreamBudgetKeyOf(newGeneration());
  store = redisBudgetStore({ runner: redis.scripts, key });
});
afterAll(async () => {
  hand.disconnect();
  await redis.close();
});

/** Lets time pass for the buckets: they were filled so much longer ago. */
const pass = (ms: number): Promise<unknown> => hand.hincrby(key, 'at', -ms);
const filledAt = async (): Promise<number> => Number(await hand.hget(key, 'at'));

/** A small generator, so that a failure is found again by its seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

test.each(budgetConformance.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
  await each.check(() => redisBudgetStore({ runner: redis.scripts, key }));
});

test('draws in Redis as in memory, whatever is asked for in whatever order', async () => {
  const random = createRandom(SEED);
  let tokens: Tokens | null = null;
  let aheadMs = 0;
  const seen = new Set<string>();
  for (let time = 0; time < 400; time += 1) {
    const lane: Lane = random() < 0.5 ? 'user' : 'background';
    const draw = { items: 1 + Math.floor(random() * 100), lane, limits };
    const told = await store.draw(draw);
    const drawn = drawTokens(tokens, draw, (await filledAt()) + aheadMs);
    expect([time, told.outcome]).toEqual([time, drawn.outcome]);
    ({ tokens } = drawn);
    seen.add(`${lane} ${told.outcome}`);
    const passedMs = Math.floor(random() ** 4 * 2_500_000);
    if (passedMs > 0) await pass(passedMs);
    aheadMs += passedMs;
  }
  expect([...seen].sort()).toEqual([
    'background no-items',
    'background no-requests',
    'background ok',
    'user no-items',
    'user no-requests',
    'user ok',
  ]);
  expect(await hand.pttl(key)).toBeGreaterThan(0);
});

test('without a budget nothing is written, and nothing is refused', async () => {
  for (let time = 0; time < 5; time += 1) {
    expect(await store.draw({ items: 100, lane: 'background', limits: unlimited })).toEqual({ outcome: 'ok' });
  }
  expect(await hand.exists(key)).toBe(0);
});

describe('a pause', () => {
  const draw = (lane: Lane) => store.draw({ items: 1, lane, limits: unlimited });

  test('ends for users first', async () => {
    await store.pause({ userMs: 50_000, backgroundMs: 100_000 });
    await hand.hset(key, 'pu', '1');
    expect([(await draw('user')).outcome, (await draw('background')).outcome]).toEqual(['ok', 'paused']);
  });

  test('that was written before the clock of Redis went back holds nobody', async () => {
    const farAway = String(Date.now() + 86_400_000);
    await hand.hset(key, { pu: farAway, pb: farAway });
    expect([(await draw('user')).outcome, (await draw('background')).outcome]).toEqual(['ok', 'ok']);
    await store.pause({ userMs: 50_000, backgroundMs: 60_000 });
    expect((await draw('user')).outcome).toBe('paused');
  });
});
