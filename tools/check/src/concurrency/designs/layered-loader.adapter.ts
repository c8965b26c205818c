import { Redis } from 'ioredis';
import { createNotificationPair, Loader, RedisCache } from 'layered-loader';
import { watchFetches, type CachedHome, type CacheDesign, type DesignOptions } from './design.ts';

/** Memory before Redis, kept in step by its Redis notifications; `invalidateCacheFor` on a change. */
export async function layeredLoader({ redisUrl, source, estimateTtlMs }: DesignOptions): Promise<CacheDesign> {
  const [cacheRedis, publisherRedis, consumerRedis] = [new Redis(redisUrl), new Redis(redisUrl), new Redis(redisUrl)];
  const { publisher, consumer } = createNotificationPair<CachedHome>({
    channel: 'homes',
    consumerRedis,
    publisherRedis,
  });
  const { fetch, seen } = watchFetches(source);
  const loader = new Loader<CachedHome>({
    inMemoryCache: { ttlInMsecs: estimateTtlMs },
    asyncCache: new RedisCache<CachedHome>(cacheRedis, { ttlInMsecs: estimateTtlMs, json: true, prefix: 'layered' }),
    notificationPublisher: publisher,
    notificationConsumer: consumer,
    dataSources: [{ name: 'homes', get: fetch, getMany: (ids: string[]) => Promise.all(ids.map(fetch)) }],
  });
  await loader.init();
  const get: CacheDesign['get'] = async (propertyId) => {
    const home = await loader.get(propertyId);
    return home ? seen(home) : null;
  };
  return {
    get,
    warm: async (propertyId) => void (await get(propertyId)),
    async factsChanged(propertyId) {
      await loader.invalidateCacheFor(propertyId);
      return 'unknown';
    },
    estimateChanged: (propertyId) => loader.invalidateCacheFor(propertyId),
    async close() {
      await loader.close();
      for (const redis of [cacheRedis, publisherRedis, consumerRedis]) redis.disconnect();
    },
  };
}
