import { expect, test } from '@jest/globals';
import { CacheUnavailable, memoryEstimateCache, type EstimateCache } from '@porchlight/estimate-cache';
import { TopologyLoad } from './topology-load.ts';

const propertyIds = Array.from({ length: 60 }, (_, i) => `h-${i}`);

/** A load on a cache that is spoilt in one place; two rounds of everything. */
async function violationsOf(spoil: (cache: EstimateCache) => Partial<EstimateCache>): Promise<readonly string[]> {
  const cache = memoryEstimateCache({ clock: { now: () => Date.now() } });
  const load = new TopologyLoad({ cache: { ...cache, ...spoil(cache) }, propertyIds, mayForget: false });
  await load.fetch(propertyIds);
  for (let round = 0; round < 2; round += 1) {
    await load.changeRound(propertyIds);
    await load.readRound(propertyIds);
  }
  return load.report.violations;
}

test('a cache that keeps its promise is not accused, nor one that is unavailable', async () => {
  expect(await violationsOf(() => ({}))).toEqual([]);
  expect(await violationsOf(() => ({ acquire: () => Promise.reject(new CacheUnavailable('down')) }))).toEqual([]);
});

test.each([
  [
    'acknowledges a change and keeps the value',
    () => ({ invalidate: async (all: readonly unknown[]) => all.map(() => 'removed' as const) }),
    'h-0: 1 after 2 was acknowledged',
  ],
  [
    'answers with an Error object',
    () => ({ read: async (ids: readonly string[]) => ids.map(() => new Error('MOVED') as never) }),
    'an Error object as an answer',
  ],
  ['throws what is not its to throw', () => ({ read: () => Promise.reject(new Error('CROSSSLOT')) }), 'CROSSSLOT'],
  [
    'answers too few',
    (cache: EstimateCache) => ({ read: async (ids: readonly string[]) => (await cache.read(ids)).slice(1) }),
    '59 answers for 60 homes',
  ],
])('a cache that %s is found out', async (_, spoil, violation) => {
  expect(await violationsOf(spoil)).toEqual(expect.arrayContaining([expect.stringContaining(violation)]));
});
