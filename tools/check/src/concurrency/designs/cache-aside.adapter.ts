import { Redis } from 'ioredis';
import { fetchHome, seenOf, type CachedHome, type CacheDesign, type DesignOptions } from './design.ts';

const keyOf = (propertyId: string): string => `aside:${propertyId}`;

/** GET; on a miss fetch and SET with a TTL; on a change DEL. What a page of any tutorial says. */
export async function cacheAside({ redisUrl, source, estimateTtlMs }: DesignOptions): Promise<CacheDesign> {
  const redis = new Redis(redisUrl);
  const get: CacheDesign['get'] = async (propertyId) => {
    const cached = await redis.get(keyOf(propertyId));
    if (cached !== null) return seenOf(JSON.parse(cached) as CachedHome, 'h');
    const home = await fetchHome(source, propertyId);
    await redis.set(keyOf(propertyId), JSON.stringify(home), 'PX', estimateTtlMs);
    return seenOf(home, 'm');
  };
  const remove = async (propertyId: string) => ((await redis.del(keyOf(propertyId))) === 1 ? 'removed' : 'kept');
  return {
    get,
    warm: async (propertyId) => void (await get(propertyId)),
    factsChanged: remove,
    estimateChanged: async (propertyId) => void (await remove(propertyId)),
    close: async () => redis.disconnect(),
  };
}
