import { createCache } from 'async-cache-dedupe';
import { Redis } from 'ioredis';
import { watchFetches, type CacheDesign, type DesignOptions } from './design.ts';

const SECOND_MS = 1_000;

/** Its Redis storage with references; `invalidateAll` of the home's reference on a change. */
export async function asyncCacheDedupe({ redisUrl, source, estimateTtlMs }: DesignOptions): Promise<CacheDesign> {
  const redis = new Redis(redisUrl);
  const ttl = Math.round(estimateTtlMs / SECOND_MS);
  const { fetch, seen } = watchFetches(source);
  const referenceOf = (propertyId: string): string => `home~${propertyId}`;
  const cache = createCache({
    ttl,
    storage: { type: 'redis', options: { client: redis, invalidation: { referencesTTL: ttl } } },
  }).define('home', { references: (propertyId: string) => [referenceOf(propertyId)] }, fetch);
  const remove = (propertyId: string) => cache.invalidateAll(referenceOf(propertyId));
  const get: CacheDesign['get'] = async (propertyId) => seen(await cache.home(propertyId));
  return {
    get,
    warm: async (propertyId) => void (await get(propertyId)),
    async factsChanged(propertyId) {
      await remove(propertyId);
      return 'unknown';
    },
    estimateChanged: remove,
    close: async () => redis.disconnect(),
  };
}
