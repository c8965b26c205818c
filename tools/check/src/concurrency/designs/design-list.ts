import { asyncCacheDedupe } from './async-cache-dedupe.adapter.ts';
import { bentoCache } from './bentocache.adapter.ts';
import { cacheAside } from './cache-aside.adapter.ts';
import { cacheManager } from './cache-manager.adapter.ts';
import type { DesignEntry } from './design.ts';
import { layeredLoader } from './layered-loader.adapter.ts';
import { ours } from './ours.adapter.ts';

export const OURS = 'ours';
/** What must be caught, or the load is too light to prove anything. */
export const CONTROL = 'cache-aside';

/** The libraries that people pick, each as its own documentation says for a cache that several processes share. */
export const designs: readonly DesignEntry[] = [
  { name: OURS, what: 'tickets, fences and checks (libs/estimate-cache)', create: ours },
  { name: CONTROL, what: 'GET, SET with a TTL, DEL on a change: the control', create: cacheAside },
  { name: 'bentocache', what: 'memory and Redis with a bus; getOrSet, delete', create: bentoCache },
  {
    name: 'layered-loader',
    what: 'memory and Redis with notifications; get, invalidateCacheFor',
    create: layeredLoader,
  },
  { name: 'async-cache-dedupe', what: 'Redis with references; define, invalidateAll', create: asyncCacheDedupe },
  { name: 'cache-manager', what: '@keyv/redis; wrap, del', create: cacheManager },
];
