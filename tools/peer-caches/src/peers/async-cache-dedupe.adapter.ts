import { createCache } from 'async-cache-dedupe';
import { connectPipelined } from './connect-pipelined.adapter.ts';
import { loadTogether } from './load-together.ts';
import type { CachedHome, PeerCache, PeerOptions } from './peer-cache.ts';

const SECOND_MS = 1_000;

/**
 * Its Redis storage; `clear(name, id)` on a change. References (`invalidateAll`) are for results that hold several things: here each
 * key is one home, and they would cost three more commands with every fill. There is no way to get many at once.
 *
 * `stale` is off: it asks for the TTL at every hit, a second trip to Redis, and serves a home beyond its TTL. Memory is another
 * storage instead of Redis, not a level before it.
 */
export async function asyncCacheDedupe<H extends CachedHome>(options: PeerOptions<H>): Promise<PeerCache<H>> {
  const { redisUrl, loadMany, ttlMsOf } = options;
  const client = connectPipelined(redisUrl);
  const cache = createCache({
    storage: { type: 'redis', options: { client } },
  }).define('home', { ttl: (home: H) => Math.ceil(ttlMsOf(home) / SECOND_MS) }, loadTogether(loadMany));
  const get = (propertyId: string): Promise<H> => cache.home(propertyId);
  return {
    get,
    getMany: (propertyIds) => Promise.all(propertyIds.map(get)),
    async remove(propertyId) {
      await cache.clear('home', propertyId);
      return 'unknown';
    },
    close: async () => client.disconnect(),
  };
}
