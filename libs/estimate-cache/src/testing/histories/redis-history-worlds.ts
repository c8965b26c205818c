import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { connectEstimateCache } from '../../adapters/redis/connect-estimate-cache.ts';
import { redisEstimateCache } from '../../adapters/redis/redis-estimate-cache.ts';
import { singleRedisTransport } from '../../adapters/redis/redis-transport.ts';
import { createCacheConfig, type CacheConfig } from '../../cache-config.ts';
import type { EstimateCache } from '../../port.ts';
import { RedisHand } from '../redis-hand.ts';
import { translated } from '../shifted-cache.ts';
import { coalescedCache } from './coalesced-cache.ts';
import type { HistoryWorld } from './history-world.ts';
import { plainCache } from './plain-cache.ts';
import { plantedTransport, type PlantedFault } from './planted-faults.ts';

const COMMAND_TIMEOUT_MS = 30_000;

/** Whose commands the histories are played with: the shipped adapter's, SET and DEL, or the adapter's with one guard taken out. */
export type HistoryDesign = 'ours' | 'plain' | PlantedFault;

/** Many worlds on one Redis, which share its connections and their round trips. */
export interface HistoryWorlds {
  /** A world of its own: its time stands beside that of all others. */
  world(): HistoryWorld;
  close(): Promise<void>;
}

/** One TIME for everybody who asks in one turn. */
function sharedClock(redis: Redis): () => Promise<number> {
  let asked: Promise<number> | null = null;
  return () => {
    asked ??= redis.time().then(([seconds, micros]) => {
      asked = null;
      return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    });
    return asked;
  };
}

/** One history's view of the shared cache. */
function worldOn(
  shared: EstimateCache,
  hand: RedisHand,
  config: CacheConfig,
  serverNow: () => Promise<number>,
): HistoryWorld {
  const homes = new Set<string>();
  let aheadMs = 0;
  return {
    cache: translated(shared, () => aheadMs, homes),
    config,
    now: async () => (await serverNow()) + aheadMs,
    async pass(ms) {
      await Promise.all([...homes].map((propertyId) => hand.pass(propertyId, ms)));
      aheadMs += ms;
    },
    async evict(propertyId, key) {
      await hand.redis.del(hand.keysOf(propertyId)[key]);
    },
    async drop(propertyId) {
      const { value, flight } = hand.keysOf(propertyId);
      await hand.redis.del(value, flight);
      homes.delete(propertyId);
    },
  };
}

/** The cache of a design. */
function cacheOf(design: HistoryDesign, shipped: EstimateCache, redis: Redis, config: CacheConfig): EstimateCache {
  if (design === 'ours') return shipped;
  if (design === 'plain') return plainCache(redis, config, shipped);
  const transport = plantedTransport(singleRedisTransport(redis, COMMAND_TIMEOUT_MS), design);
  return redisEstimateCache({ transport, config });
}

/**
 * Worlds on a real Redis, under a key generation of their own; each history drops its homes.
 *
 * @throws {CacheUnavailable | CachePolicyRefused} as connectEstimateCache
 */
export async function redisHistoryWorlds(url: string, design: HistoryDesign): Promise<HistoryWorlds> {
  const keyGeneration = `h${randomBytes(6).toString('hex')}`;
  // TTLs are not cut by chance: a seed must give the same history again.
  const config = createCacheConfig({ jitterShare: 0, keyGeneration });
  const connection = await connectEstimateCache({ url, config, commandTimeoutMs: COMMAND_TIMEOUT_MS });
  const redis = new Redis(url, { enableAutoPipelining: true });
  const hand = new RedisHand(redis, keyGeneration);
  const shared = coalescedCache(cacheOf(design, connection.cache, redis, config));
  const serverNow = sharedClock(redis);
  return {
    world: () => worldOn(shared, hand, config, serverNow),
    async close() {
      redis.disconnect();
      await connection.close();
    },
  };
}
