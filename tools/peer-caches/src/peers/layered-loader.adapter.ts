import { Redis } from 'ioredis';
import { createNotificationPair, Loader, RedisCache } from 'layered-loader';
import { connectPipelined } from './connect-pipelined.adapter.ts';
import { loadTogether } from './load-together.ts';
import type { CachedHome, PeerCache, PeerOptions } from './peer-cache.ts';

const MEMORY_HOMES_MAX = 50_000;
const CHANNEL = 'homes';

/** What keeps the memories of several processes in step: notifications over Redis. */
function memoryOf<H>(redisUrl: string, ttlInMsecs: number) {
  const [publisherRedis, consumerRedis] = [new Redis(redisUrl), new Redis(redisUrl)];
  const pair = createNotificationPair<H>({ channel: CHANNEL, consumerRedis, publisherRedis });
  return {
    parts: {
      inMemoryCache: { cacheType: 'lru-map' as const, ttlInMsecs, maxItems: MEMORY_HOMES_MAX },
      notificationPublisher: pair.publisher,
      notificationConsumer: pair.consumer,
    },
    disconnect() {
      publisherRedis.disconnect();
      consumerRedis.disconnect();
    },
  };
}

/**
 * `get` and `getMany` (one MGET, the only library of the four that loads what is missing in bulk by itself; who asks for many shares no
 * load with others), `invalidateCacheFor` on a change.
 *
 * One TTL for all homes, so the shortest. Its refresh ahead (`ttlLeftBeforeRefreshInMsecs`) is off: it costs another trip to Redis with
 * a hit, and `getMany` does not have it. Group loaders are for keys that are dropped together, and homes are not.
 */
export async function layeredLoader<H extends CachedHome>(options: PeerOptions<H>): Promise<PeerCache<H>> {
  const { redisUrl, loadMany, ttlMsMin: ttlInMsecs } = options;
  const redis = connectPipelined(redisUrl);
  const memory = options.memory ? memoryOf<H>(redisUrl, ttlInMsecs) : null;
  const load = loadTogether(loadMany);
  const loader = new Loader<H>({
    ...memory?.parts,
    asyncCache: new RedisCache<H>(redis, { ttlInMsecs, json: true, prefix: 'layered' }),
    cacheKeyFromValueResolver: ({ propertyId }) => propertyId,
    dataSources: [{ name: 'homes', get: load, getMany: async (ids: string[]) => [...(await loadMany(ids))] }],
  });
  await loader.init();
  const found = (propertyId: string, home: H | null | undefined): H => {
    if (home === null || home === undefined) throw new Error(`no home ${propertyId}`);
    return home;
  };
  return {
    get: async (propertyId) => found(propertyId, await loader.get(propertyId)),
    async getMany(propertyIds) {
      const homes = new Map((await loader.getMany([...propertyIds])).map((home) => [home.propertyId, home]));
      return propertyIds.map((propertyId) => found(propertyId, homes.get(propertyId)));
    },
    async remove(propertyId) {
      await loader.invalidateCacheFor(propertyId);
      return 'unknown';
    },
    async close() {
      await loader.close();
      redis.disconnect();
      memory?.disconnect();
    },
  };
}
