import { createKeyv } from '@keyv/redis';
import { createCache } from 'cache-manager';
import { watchFetches, type CachedHome, type CacheDesign, type DesignOptions } from './design.ts';

/** One store, Redis by Keyv; `wrap` to read and `del` on a change. */
export async function cacheManager({ redisUrl, source, estimateTtlMs }: DesignOptions): Promise<CacheDesign> {
  const cache = createCache({ stores: [createKeyv(redisUrl, { namespace: 'manager' })], ttl: estimateTtlMs });
  const { fetch, seen } = watchFetches(source);
  const get: CacheDesign['get'] = async (propertyId) =>
    seen(await cache.wrap<CachedHome>(propertyId, () => fetch(propertyId)));
  return {
    get,
    warm: async (propertyId) => void (await get(propertyId)),
    factsChanged: async (propertyId) => ((await cache.del(propertyId)) ? 'removed' : 'unknown'),
    estimateChanged: async (propertyId) => void (await cache.del(propertyId)),
    close: async () => void (await cache.disconnect()),
  };
}
