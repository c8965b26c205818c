import type { CacheWorld } from '../cache-world.ts';

/** What a history needs of a world. Its own: time passes for nobody else's homes. */
export type HistoryWorld = Pick<CacheWorld, 'cache' | 'config' | 'now' | 'pass' | 'evict' | 'drop'>;
