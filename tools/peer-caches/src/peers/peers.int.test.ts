import { afterAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { PeerCache } from './peer-cache.ts';
import { peerNamed, peers } from './peer-list.ts';

const redisUrl = process.env['REDIS_URL'];
if (redisUrl === undefined) throw new Error('REDIS_URL is missing: npm test sets it');

interface Home {
  readonly propertyId: string;
  readonly valueUsd: number;
}

const TTL_MS = 60_000;
const opened: PeerCache<Home>[] = [];
afterAll(async () => {
  await Promise.all(opened.map((cache) => cache.close()));
});

/** A cache in front of a source that counts, and whose values change by hand. */
async function open(name: string, memory: boolean) {
  const loads: string[][] = [];
  const source = { valueUsd: 1 };
  const cache = await peerNamed(name).create<Home>({
    redisUrl: redisUrl ?? '',
    loadMany: async (ids) => {
      loads.push([...ids]);
      return ids.map((propertyId) => ({ propertyId, valueUsd: source.valueUsd }));
    },
    ttlMsOf: () => TTL_MS,
    ttlMsMin: TTL_MS,
    memory,
    refreshShare: 0.15,
  });
  opened.push(cache);
  return { cache, loads, source };
}

const arms = peers.flatMap(({ name, hasMemory }) =>
  (hasMemory ? [false, true] : [false]).map((memory) => ({ name, memory, arm: memory ? `${name} with memory` : name })),
);

describe.each(arms)('$arm', ({ name, memory }) => {
  test('loads a home once for those who ask at once, and answers from the cache after that', async () => {
    const { cache, loads } = await open(name, memory);
    const id = randomUUID();
    await Promise.all(Array.from({ length: 5 }, () => cache.get(id)));
    expect(await cache.get(id)).toEqual({ propertyId: id, valueUsd: 1 });
    expect(loads).toEqual([[id]]);
  });

  test('answers many in the order asked for, and loads those alone that are missing', async () => {
    const { cache, loads } = await open(name, memory);
    const ids = Array.from({ length: 6 }, () => randomUUID());
    await cache.get(ids[3] ?? '');
    expect((await cache.getMany(ids)).map(({ propertyId }) => propertyId)).toEqual(ids);
    await cache.getMany(ids);
    expect(loads.flat()).toEqual([ids[3], ...ids.toSpliced(3, 1)]);
  });

  test('loads a home again after it was removed, alone and among many', async () => {
    const { cache, source } = await open(name, memory);
    const [one, other] = [randomUUID(), randomUUID()];
    await cache.getMany([one, other]);
    source.valueUsd = 2;
    await Promise.all([one, other].map((id) => cache.remove(id)));
    expect(await cache.get(one)).toEqual({ propertyId: one, valueUsd: 2 });
    expect(await cache.getMany([other, one])).toEqual([
      { propertyId: other, valueUsd: 2 },
      { propertyId: one, valueUsd: 2 },
    ]);
  });

  test('what another process filled is not loaded again', async () => {
    const [first, second] = [await open(name, memory), await open(name, memory)];
    const id = randomUUID();
    await first.cache.get(id);
    expect(await second.cache.get(id)).toEqual({ propertyId: id, valueUsd: 1 });
    expect(second.loads).toEqual([]);
  });
});
