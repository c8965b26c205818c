import { asyncCacheDedupe } from './async-cache-dedupe.adapter.ts';
import { bentoCache } from './bentocache.adapter.ts';
import { cacheManager } from './cache-manager.adapter.ts';
import { layeredLoader } from './layered-loader.adapter.ts';
import type { Peer } from './peer-cache.ts';

/** The libraries that people pick, each used as its own documentation says for a cache that several processes share. */
export const peers: readonly Peer[] = [
  { name: 'bentocache', what: 'getOrSet, delete', hasMemory: true, create: bentoCache },
  { name: 'layered-loader', what: 'get, getMany, invalidateCacheFor', hasMemory: true, create: layeredLoader },
  { name: 'async-cache-dedupe', what: 'define, clear', hasMemory: false, create: asyncCacheDedupe },
  { name: 'cache-manager', what: '@keyv/redis; wrap, mget, del', hasMemory: true, create: cacheManager },
];

/** @throws {RangeError} if there is none of that name */
export function peerNamed(name: string): Peer {
  const peer = peers.find((each) => each.name === name);
  if (peer === undefined)
    throw new RangeError(`no peer ${name}; there are ${peers.map((each) => each.name).join(', ')}`);
  return peer;
}
