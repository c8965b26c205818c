import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { connectEstimateCache } from '../../adapters/redis/connect-estimate-cache.ts';
import { redisEstimateCache } from '../../adapters/redis/redis-estimate-cache.ts';
import { singleRedisTransport } from '../../adapters/redis/redis-transport.ts';
import { createCacheConfig, type CacheConfig } from '../../cache-config.ts';
import { progressKeyOf } from '../../keys.ts';
import type { EstimateCache } from '../../port.ts';
import { openHand, type CacheServers, type HandConnection } from '../hand-connection.ts';
import { RedisHand } from '../redis-hand.ts';
import { translated } from '../shifted-cache.ts';
import { coalescedCache } from './coalesced-cache.ts';
import type { HistoryWorld } from './history-world.ts';
import { plainCache } from './plain-cache.ts';
import { plantedTransport, type PlantedFault } from './planted-faults.ts';

const COMMAND_TIMEOUT_MS = 30_000;

/** Whose commands the histories are played with: the shipped adapter's, SET and DEL, or the adapter's with one guard taken out. */
export type HistoryDesign = 'ours' | 'plain' | PlantedFault;

/** Many worlds on the same servers, which share its connections and their round trips. */
export interface HistoryWorlds {
  /** A world of its own: its time stands beside that of all others. */
  world(): HistoryWorld;
  close(): Promise<void>;
}

/** One question for everybody who asks in one turn. */
function sharedClock(ask: () => Promise<number>): () => Promise<number> {
  let asked: Promise<number> | null = null;
  return () => {
    asked ??= ask().finally(() => (asked = null));
    return asked;
  };
}

/** One Redis is asked in pipelines of all who ask in one turn; a cluster and a proxy as every other test asks them. */
function connectHand(servers: CacheServers): HandConnection {
  if (servers.topology !== 'single') return openHand(servers);
  const redis = new Redis(servers.url, { enableAutoPipelining: true });
  const timeAt = async (): Promise<number> => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  };
  return { redis, timeAt, close: () => redis.disconnect() };
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

/** The cache of a design; those that are not shipped are played on one Redis. */
function cacheOf(design: HistoryDesign, shipped: EstimateCache, servers: CacheServers, config: CacheConfig) {
  if (design === 'ours') return { cache: shipped, close: () => {} };
  if (servers.topology !== 'single') throw new Error('only the shipped adapter knows a cluster or a proxy');
  const redis = new Redis(servers.url, { enableAutoPipelining: true });
  const close = () => redis.disconnect();
  if (design === 'plain') return { cache: plainCache(redis, config, shipped), close };
  const transport = plantedTransport(singleRedisTransport(redis, COMMAND_TIMEOUT_MS), design);
  return { cache: redisEstimateCache({ transport, config }), close };
}

/**
 * Worlds on real servers, under a key generation of their own; each history drops its homes.
 *
 * @throws {CacheUnavailable | CachePolicyRefused} as connectEstimateCache
 */
export async function redisHistoryWorlds(servers: CacheServers, design: HistoryDesign): Promise<HistoryWorlds> {
  const keyGeneration = `h${randomBytes(6).toString('hex')}`;
  // TTLs are not cut by chance: a seed must give the same history again.
  const config = createCacheConfig({ jitterShare: 0, keyGeneration });
  const connection = await connectEstimateCache({ ...servers, config, commandTimeoutMs: COMMAND_TIMEOUT_MS });
  const connected = connectHand(servers);
  const hand = new RedisHand(connected.redis, keyGeneration);
  const played = cacheOf(design, connection.cache, servers, config);
  const shared = coalescedCache(played.cache);
  const serverNow = sharedClock(() => connected.timeAt(progressKeyOf(0, keyGeneration)));
  return {
    world: () => worldOn(shared, hand, config, serverNow),
    async close() {
      played.close();
      connected.close();
      await connection.close();
    },
  };
}
