import { describe, expect, test } from '@jest/globals';
import { memoryEstimateCache } from './adapters/memory/memory-estimate-cache.ts';
import { CacheFault, CacheUnavailable } from './errors.ts';
import { reachedAnswersOver, storedAnswersOver } from './reached-answers.ts';

function setUp() {
  let now = 0;
  const cache = memoryEstimateCache({ clock: { now: () => 1_000_000 + now } });
  const reads: number[] = [];
  const seen: Pick<typeof cache, 'read'> = {
    read(propertyIds) {
      reads.push(propertyIds.length);
      return cache.read(propertyIds);
    },
  };
  const answersOf = reachedAnswersOver(seen, () => now);
  const acquired = async (...propertyIds: string[]) => {
    const requests = propertyIds.map((propertyId) => ({ propertyId, nonce: `n-${propertyId}` }));
    const answers = await answersOf(cache.acquire(requests, 'w'), requests.length);
    return answers.map((answer) => answer?.outcome ?? null);
  };
  return { cache, reads, acquired, answersOf, pass: (ms: number) => void (now += ms) };
}

test('homes of a node that is away are unanswered, the others are answered, and nobody else is asked', async () => {
  const { cache, acquired, reads } = setUp();
  cache.faults.lostHomes = new Set(['b']);
  expect([await acquired('a', 'b'), reads]).toEqual([['win', null], []]);
});

test('if all homes of a batch are of that node they alone are unanswered, as every bucket was asked once', async () => {
  const { cache, acquired, reads } = setUp();
  cache.faults.lostHomes = new Set(['a', 'b']);
  expect([await acquired('a', 'b'), reads]).toEqual([[null, null], [128]]);
});

test('a Redis that nobody reaches is down', async () => {
  const { cache, acquired } = setUp();
  cache.faults.unavailable = true;
  await expect(acquired('a')).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
});

test('what the others said counts for a second, either way', async () => {
  const { cache, acquired, reads, pass } = setUp();
  cache.faults.lostHomes = new Set(['a']);
  expect([await acquired('a'), await acquired('a'), reads.length]).toEqual([[null], [null], 1]);
  cache.faults.unavailable = true;
  pass(1_000);
  await expect(acquired('a')).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
  cache.faults.unavailable = false;
  await expect(acquired('a')).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
  pass(1_000);
  expect([await acquired('a'), reads.length]).toEqual([[null], 3]);
});

test('any other error is the caller’s', async () => {
  const { answersOf, reads } = setUp();
  await expect(answersOf(Promise.reject(new CacheFault('a script fails')), 1)).rejects.toMatchObject({
    code: 'CACHE_FAULT',
  });
  expect(reads).toEqual([]);
});

describe('what takes memory', () => {
  const setUpStored = () => {
    const cache = memoryEstimateCache({ clock: { now: () => 1_000_000 } });
    const fills: number[] = [];
    let isFull = false;
    const fill: typeof cache.fill = async (requests) => {
      fills.push(requests.length);
      if (isFull) throw new CacheUnavailable('OOM command not allowed');
      return await cache.fill(requests);
    };
    const answersOf = storedAnswersOver({ fill });
    const acquired = async (propertyId: string) => {
      const batch = isFull
        ? Promise.reject(new CacheUnavailable('OOM command not allowed'))
        : cache.acquire([{ propertyId, nonce: 'n' }], 'w');
      return (await answersOf<{ outcome: string }>(batch, 1)).map((answer) => answer?.outcome ?? null);
    };
    return { cache, fills, acquired, fillUp: () => void (isFull = true) };
  };

  test('and is refused by every node, which answer reads, is refused by a Redis that is down', async () => {
    const { acquired, fills, fillUp } = setUpStored();
    fillUp();
    await expect(acquired('a')).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
    expect(fills).toEqual([128]);
  });

  test('and is unanswered by one node is so for its homes alone; nothing is written to find out', async () => {
    const { cache, acquired, fills } = setUpStored();
    cache.faults.lostHomes = new Set(['a']);
    expect([await acquired('a'), fills]).toEqual([[null], [128]]);
    cache.faults.lostHomes = new Set();
    const probes = Array.from({ length: 2_000 }, (_, n) => `bucket-probe-${n}`);
    expect((await cache.read(probes)).every((value) => value === null)).toBe(true);
  });
});
