import { expect, test } from '@jest/globals';
import type { EstimateCache } from '../../port.ts';
import { memoryWorld } from '../memory-world.ts';
import type { HistoryWorld } from './history-world.ts';
import { promises, type Promised } from './judge.ts';
import { searchHistories, type Searched } from './search-histories.ts';

const SEED = 20_261_123;

/** In memory the same histories are a hundred times cheaper; each step takes a millisecond. */
const worldWith = (spoil: (cache: EstimateCache) => Partial<EstimateCache>) => {
  const inner = memoryWorld({ jitterShare: 0 });
  let ready: Awaited<typeof inner>;
  return async (): Promise<() => HistoryWorld> => {
    ready = await inner;
    return () => ({
      ...ready,
      cache: { ...ready.cache, ...spoil(ready.cache) },
      now: async () => {
        await ready.pass(1);
        return ready.now();
      },
    });
  };
};

/** One lane: the time of a world in memory is everybody's. */
const search = async (
  historiesMax: number,
  spoil: (cache: EstimateCache) => Partial<EstimateCache> = () => ({}),
  judged: readonly Promised[] = promises,
): Promise<Searched> =>
  searchHistories({
    world: await worldWith(spoil)(),
    seed: SEED,
    lanes: 1,
    judged,
    isOver: (played) => played >= historiesMax,
  });

test('the transitions keep every promise in random histories', async () => {
  const { histories, failure } = await search(1_500);
  expect(failure).toBeNull();
  expect(histories).toBeGreaterThanOrEqual(1_500);
});

test('an invalidation that leaves the value is found, and told in a few lines', async () => {
  const { failure } = await search(3_000, () => ({ invalidate: async (changes) => changes.map(() => 'already') }));
  expect(failure?.violation.promise).toBe('C');
  expect(failure?.story.at(-1)).toMatch(/so promise C is broken: facts 1 are served; 2 was acknowledged/);
  expect(failure?.story.length).toBeLessThan(12);
});

test('an invalidation that a flight never hears of is found: the flight brings the old facts back', async () => {
  const onlyWhereCached = (cache: EstimateCache): Partial<EstimateCache> => ({
    invalidate: async (changes) => {
      const values = await cache.read(changes.map(({ propertyId }) => propertyId));
      const held = changes.filter((_, at) => values[at] !== null);
      const outcomes = await cache.invalidate(held);
      return changes.map((change) => outcomes[held.indexOf(change)] ?? 'absent');
    },
  });
  const { failure } = await search(3_000, onlyWhereCached, ['C']);
  expect(failure?.violation.promise).toBe('C');
});

test('a replay that removes what is new enough is found', async () => {
  const { failure } = await search(3_000, (cache) => ({
    invalidate: (changes) => cache.invalidate(changes.map((each) => ({ ...each, visibilityVersion: 1_000 }))),
  }));
  expect(failure?.violation.promise).toBe('7');
});

test('a lease that holds nobody back is found', async () => {
  const { failure } = await search(3_000, (cache) => ({
    acquire: async (requests, leaseClass) => {
      const answers = await cache.acquire(requests, leaseClass);
      return answers.map((answer) => (answer.outcome === 'wait' ? { ...answer, outcome: 'win' as const } : answer));
    },
  }));
  expect(failure?.violation.promise).toBe('6');
});

test('an update that is lost is found', async () => {
  const { failure } = await search(3_000, () => ({ update: async (changes) => changes.map(() => 'absent') }));
  expect(failure?.violation.promise).toBe('QE');
});

test('a check that dates facts which it did not read is found', async () => {
  const { failure } = await search(6_000, (cache) => ({
    touch: (checks) => cache.touch(checks.map((each) => ({ ...each, checkedAt: each.checkedAt + 60_000 }))),
  }));
  expect(failure?.violation.promise).toBe('5');
});
