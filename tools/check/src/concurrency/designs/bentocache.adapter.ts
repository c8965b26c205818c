import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { Redis } from 'ioredis';
import { watchFetches, type CachedHome, type CacheDesign, type DesignOptions } from './design.ts';

const L1_SIZE = '50mb';

/** Two levels with a bus, as its documentation recommends for several instances; `delete` on a change reaches all of them. */
export async function bentoCache({ redisUrl, source, estimateTtlMs }: DesignOptions): Promise<CacheDesign> {
  const redis = new Redis(redisUrl);
  const { hostname: host, port } = new URL(redisUrl);
  const bento = new BentoCache({
    default: 'homes',
    stores: {
      homes: bentostore()
        .useL1Layer(memoryDriver({ maxSize: L1_SIZE }))
        .useL2Layer(redisDriver({ connection: redis, prefix: 'bento' }))
        .useBus(redisBusDriver({ connection: { host, port: Number(port) } })),
    },
  });
  const { fetch, seen } = watchFetches(source);
  const get: CacheDesign['get'] = async (propertyId) => {
    const factory = () => fetch(propertyId);
    return seen(await bento.getOrSet<CachedHome>({ key: propertyId, ttl: estimateTtlMs, factory }));
  };
  const remove = (propertyId: string) => bento.delete({ key: propertyId });
  return {
    get,
    warm: async (propertyId) => void (await get(propertyId)),
    factsChanged: async (propertyId) => ((await remove(propertyId)) ? 'removed' : 'unknown'),
    estimateChanged: async (propertyId) => void (await remove(propertyId)),
    async close() {
      await bento.disconnectAll();
      redis.disconnect();
    },
  };
}
