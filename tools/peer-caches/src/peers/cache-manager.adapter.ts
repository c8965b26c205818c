import { createKeyv } from '@keyv/redis';
import { createCache } from 'cache-manager';
import { createKeyv as createMemoryKeyv } from 'cacheable';
import { loadTogether } from './load-together.ts';
import type { CachedHome, PeerCache, PeerOptions } from './peer-cache.ts';

/** Homes that the memory holds. */
const MEMORY_HOMES_MAX = 50_000;

/**
 * Redis by Keyv, and memory before it by `cacheable` where that is asked for; `wrap` to read one home, which lets those who ask for it
 * at once in one process share a load; `mget` for many, and `wrap` for those that it misses; `del` on a change. Nothing tells the
 * memories of other processes.
 *
 * `refreshThreshold` costs nothing (the expiry comes with the value), and works for `wrap` alone.
 */
export async function cacheManager<H extends CachedHome>(options: PeerOptions<H>): Promise<PeerCache<H>> {
  const { redisUrl, loadMany, ttlMsOf, memory, refreshShare } = options;
  const redis = createKeyv(redisUrl, { namespace: 'manager' });
  const cache = createCache({
    stores: memory ? [createMemoryKeyv({ lruSize: MEMORY_HOMES_MAX }), redis] : [redis],
  });
  const load = loadTogether(loadMany);
  const timing = {
    ttl: ttlMsOf,
    ...(refreshShare === 0 ? {} : { refreshThreshold: (home: H) => ttlMsOf(home) * refreshShare }),
  };
  const get = (propertyId: string): Promise<H> => cache.wrap<H>(propertyId, () => load(propertyId), timing);
  return {
    get,
    async getMany(propertyIds) {
      const cached = await cache.mget<H>([...propertyIds]);
      return Promise.all(propertyIds.map(async (propertyId, at) => cached[at] ?? get(propertyId)));
    },
    remove: async (propertyId) => ((await cache.del(propertyId)) ? 'removed' : 'unknown'),
    close: async () => void (await cache.disconnect()),
  };
}
