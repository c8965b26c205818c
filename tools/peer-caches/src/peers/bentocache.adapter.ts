import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { connectPipelined } from './connect-pipelined.adapter.ts';
import { loadTogether } from './load-together.ts';
import type { CachedHome, PeerCache, PeerOptions } from './peer-cache.ts';

const MEMORY_MAX = '50mb';

/** Redis alone, or two levels with a bus, as its documentation recommends for several instances. */
function openStore({ redisUrl, memory }: { redisUrl: string; memory: boolean }) {
  const connection = connectPipelined(redisUrl);
  const { hostname: host, port } = new URL(redisUrl);
  const redis = redisDriver({ connection, prefix: 'bento' });
  const store = memory
    ? bentostore()
        .useL1Layer(memoryDriver({ maxSize: MEMORY_MAX }))
        .useL2Layer(redis)
        .useBus(redisBusDriver({ connection: { host, port: Number(port) } }))
    : bentostore().useL2Layer(redis);
  return { connection, bento: new BentoCache({ default: 'homes', stores: { homes: store } }) };
}

/**
 * `getOrSet` to read (one at a time: a way to get many is asked for in its issue 78 and not there), `delete` on a change, which reaches
 * the memories of all processes. A TTL for each home by `setOptions` (adaptive caching).
 *
 * `grace` is off: it is one length for all homes and counts from the fill, so an active home would be served for as long as one off the
 * market. Its lock is within a process.
 */
export async function bentoCache<H extends CachedHome>(options: PeerOptions<H>): Promise<PeerCache<H>> {
  const { loadMany, ttlMsOf, ttlMsMin } = options;
  const { connection, bento } = openStore(options);
  const load = loadTogether(loadMany);
  const get = (propertyId: string): Promise<H> =>
    bento.getOrSet<H>({
      key: propertyId,
      ttl: ttlMsMin,
      async factory({ setOptions }) {
        const home = await load(propertyId);
        setOptions({ ttl: ttlMsOf(home) });
        return home;
      },
    });
  return {
    get,
    getMany: (propertyIds) => Promise.all(propertyIds.map(get)),
    remove: async (propertyId) => ((await bento.delete({ key: propertyId })) ? 'removed' : 'unknown'),
    async close() {
      await bento.disconnectAll();
      connection.disconnect();
    },
  };
}
