import type { Peer } from '@porchlight/peer-caches';
import { watchFetches, type CachedHome, type CacheDesign, type DesignEntry, type DesignOptions } from './design.ts';

/** A library as it is usually run: with memory before Redis where it has that, and something that tells the other processes. */
const usualMemory: ReadonlySet<string> = new Set(['bentocache', 'layered-loader']);

const createDesign = async (peer: Peer, { redisUrl, source, estimateTtlMs }: DesignOptions): Promise<CacheDesign> => {
  const { fetch, seen } = watchFetches(source);
  const cache = await peer.create<CachedHome>({
    redisUrl,
    loadMany: (propertyIds) => Promise.all(propertyIds.map(fetch)),
    ttlMsOf: () => estimateTtlMs,
    ttlMsMin: estimateTtlMs,
    memory: usualMemory.has(peer.name),
    refreshShare: 0,
  });
  const get: CacheDesign['get'] = async (propertyId) => seen(await cache.get(propertyId));
  return {
    get,
    warm: async (propertyId) => void (await get(propertyId)),
    factsChanged: (propertyId) => cache.remove(propertyId),
    estimateChanged: async (propertyId) => void (await cache.remove(propertyId)),
    close: () => cache.close(),
  };
};

/** One of the libraries of tools/peer-caches under this check's load. */
export const designOf = (peer: Peer): DesignEntry => ({
  name: peer.name,
  what: `${usualMemory.has(peer.name) ? 'memory and Redis' : 'Redis'}; ${peer.what}`,
  create: (options) => createDesign(peer, options),
});
