import { expect, test } from '@jest/globals';
import { CacheUnavailable, memoryEstimateCache, type FillAnswer, type FillRequest } from '@porchlight/estimate-cache';
import { ManualClock, turn } from '@porchlight/stream';
import { HoldFull } from './hold-full.ts';
import { UNREACHED_HOMES_MAX, UNREACHED_MS_MAX, UNREACHED_RETRY_MS, UnreachedHomes } from './unreached-homes.ts';

const START = new ManualClock().now();

function setUp() {
  const clock = new ManualClock(START);
  const cache = memoryEstimateCache({ clock });
  const told: string[] = [];
  const fills: number[] = [];
  const fatal: unknown[] = [];
  const unreached = new UnreachedHomes({
    cache: {
      fill(requests) {
        fills.push(requests.length);
        return cache.fill(requests);
      },
    },
    clock,
    onGivenUp: (homes) => void told.push(`${homes} given up`),
    onWaiting: () => void told.push('waiting'),
    onNoLonger: () => void told.push('no longer'),
    onFatal: (error) => void fatal.push(error),
  });
  const fetched = async (propertyId: string) => {
    const [won] = await cache.acquire([{ propertyId, nonce: `n-${propertyId}` }], 'w');
    if (won?.outcome !== 'win') throw new Error('a first caller wins');
    const request: FillRequest = {
      propertyId,
      class: 'w',
      ticket: won.ticket,
      facts: { visibilityVersion: 1, status: 'off_market', mlsId: null, overrideLevel: null, checkedAt: START },
      estimate: { estimateVersion: 3, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 },
    };
    return { request, onAnswer: ({ outcome }: { outcome: string }) => void told.push(`${propertyId} ${outcome}`) };
  };
  return { clock, cache, told, fills, fatal, unreached, fetched };
}

test('homes are tried each second, and each is told when its node answers', async () => {
  const { clock, cache, told, unreached, fetched } = setUp();
  const homes = [await fetched('a'), await fetched('b')];
  cache.faults.lostHomes = new Set(['a', 'b']);
  unreached.hold(homes);
  await clock.advance(3 * UNREACHED_RETRY_MS);
  expect([told, unreached.size]).toEqual([['waiting'], 2]);
  cache.faults.lostHomes = new Set(['b']);
  await clock.advance(UNREACHED_RETRY_MS);
  expect([told, unreached.size]).toEqual([['waiting', 'a ok'], 1]);
  cache.faults.lostHomes = new Set();
  await clock.advance(UNREACHED_RETRY_MS);
  expect(told).toEqual(['waiting', 'a ok', 'no longer', 'b ok']);
  expect((await cache.read(['a', 'b'])).map((value) => value?.estimateVersion)).toEqual([3, 3]);
});

test('nothing is tried once nobody waits', async () => {
  const { clock, fills, unreached, fetched } = setUp();
  unreached.hold([await fetched('a')]);
  await clock.advance(10 * UNREACHED_RETRY_MS);
  expect([fills, unreached.size]).toEqual([[1], 0]);
});

test('while all of Redis is away they wait on', async () => {
  const { clock, cache, told, fatal, unreached, fetched } = setUp();
  const home = await fetched('a');
  cache.faults.unavailable = true;
  unreached.hold([home]);
  await clock.advance(5 * UNREACHED_RETRY_MS);
  cache.faults.unavailable = false;
  await clock.advance(UNREACHED_RETRY_MS);
  expect([told, fatal]).toEqual([['waiting', 'no longer', 'a ok'], []]);
});

test('a home whose ticket nobody remembers any more is given up', async () => {
  const { clock, cache, told, unreached, fetched } = setUp();
  const home = await fetched('a');
  cache.faults.lostHomes = new Set(['a']);
  unreached.hold([home]);
  await clock.advance(UNREACHED_MS_MAX - 1);
  expect(unreached.size).toBe(1);
  await clock.advance(UNREACHED_RETRY_MS);
  expect([told, unreached.size]).toEqual([['waiting', 'no longer', '1 given up'], 0]);
});

test('while there is no room no record may begin, those under way find some, and nothing is given up', async () => {
  const { clock, cache, told, unreached, fetched } = setUp();
  const home = await fetched('a');
  cache.faults.lostHomes = new Set(['a']);
  unreached.hold(Array.from({ length: UNREACHED_HOMES_MAX - 1 }, () => home));
  unreached.checkRoom();
  unreached.hold([home, home, home]);
  expect(() => unreached.checkRoom()).toThrow(HoldFull);
  expect([told, unreached.size]).toEqual([['waiting'], UNREACHED_HOMES_MAX + 2]);
  cache.faults.lostHomes = new Set();
  await clock.advance(UNREACHED_RETRY_MS);
  unreached.checkRoom();
  expect([told.filter((line) => line.includes('given up')), unreached.size]).toEqual([[], 0]);
});

test('a stop tries once more and gives up the rest; what comes after it too', async () => {
  const { clock, cache, told, unreached, fetched } = setUp();
  const homes = [await fetched('a'), await fetched('b')];
  cache.faults.lostHomes = new Set(['b']);
  unreached.hold(homes);
  await unreached.stop();
  expect(told).toEqual(['waiting', 'a ok', 'no longer', '1 given up']);
  unreached.hold(homes.slice(1));
  await clock.advance(5 * UNREACHED_RETRY_MS);
  expect([told.at(-1), unreached.size]).toEqual(['1 given up', 0]);
});

test('an error that no wait mends is told', async () => {
  const { clock, fatal, unreached, fetched } = setUp();
  const home = await fetched('a');
  unreached.hold([{ ...home, request: { ...home.request, propertyId: 'no id' } }]);
  await clock.advance(UNREACHED_RETRY_MS);
  expect(fatal).toEqual([expect.objectContaining({ code: 'BAD_CACHE_ENTRY' })]);
});

test('a stop in the middle of a try does not wait for one batch after the other of a silent node', async () => {
  const clock = new ManualClock(START);
  const fills: number[] = [];
  const answers: PromiseWithResolvers<FillAnswer[]>[] = [];
  const told: number[] = [];
  const unreached = new UnreachedHomes({
    cache: {
      fill(requests) {
        fills.push(requests.length);
        const answer = Promise.withResolvers<FillAnswer[]>();
        answers.push(answer);
        return answer.promise;
      },
    },
    clock,
    onGivenUp: (homes) => void told.push(homes),
    onWaiting: () => undefined,
    onNoLonger: () => undefined,
    onFatal: () => undefined,
  });
  const home = await setUp().fetched('a');
  unreached.hold(Array.from({ length: 1_200 }, () => ({ ...home })));
  await clock.advance(UNREACHED_RETRY_MS);
  const stopped = unreached.stop();
  const silent = new CacheUnavailable('no reply');
  answers[0]?.reject(silent);
  for (let n = 0; n < 5; n += 1) await turn();
  expect(fills).toEqual([500, 500, 500, 200]);
  for (const answer of answers) answer.reject(silent);
  await stopped;
  expect(told).toEqual([1_200]);
});
