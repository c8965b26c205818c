import { randomBytes } from 'node:crypto';
import { connectEstimateCache } from '../adapters/redis/connect-estimate-cache.ts';
import { createCacheConfig, type CacheConfig } from '../cache-config.ts';
import type { RejectedReason } from '../format.ts';
import type { HomeState } from '../home-state.ts';
import { progressKeyOf } from '../keys.ts';
import type { WriterProgress } from '../port.ts';
import type { CacheWorld } from './cache-world.ts';
import { openHand, type CacheServers } from './hand-connection.ts';
import { RedisHand } from './redis-hand.ts';
import { shiftFlight, shiftValue, translated } from './shifted-cache.ts';

/** @throws if the environment does not name a Redis */
export function redisUrl(): string {
  const url = process.env.REDIS_URL;
  if (url === undefined || url === '') throw new Error('REDIS_URL is not set: which Redis should be tested?');
  return url;
}

/** A world around the Redis of `REDIS_URL`, under a key generation of its own; its keys are deleted at the end. */
export const redisWorld = (changes: Partial<CacheConfig> = {}): Promise<CacheWorld> =>
  redisWorldAt({ url: redisUrl(), topology: 'single' }, changes);

/** The same around any servers: one Redis, a cluster, an Envoy. */
export async function redisWorldAt(servers: CacheServers, changes: Partial<CacheConfig> = {}): Promise<CacheWorld> {
  const keyGeneration = `t${randomBytes(6).toString('hex')}`;
  const config = createCacheConfig({ ...changes, keyGeneration });
  const rejected: RejectedReason[] = [];
  const connection = await connectEstimateCache({
    ...servers,
    config,
    commandTimeoutMs: 10_000,
    onRejected: (reason) => rejected.push(reason),
  });
  const connected = openHand(servers);
  const { redis } = connected;
  const hand = new RedisHand(redis, keyGeneration);
  const homes = new Set<string>();
  const partitions = new Set<number>();
  let aheadMs = 0;

  const dropHome = async (propertyId: string) => {
    const { value, flight } = hand.keysOf(propertyId);
    await redis.del(value, flight);
    homes.delete(propertyId);
  };
  const passPartition = async (partition: number, ms: number) => {
    const key = progressKeyOf(partition, keyGeneration);
    const expiresAt = await redis.pexpiretime(key);
    if (expiresAt > 0) await redis.pexpireat(key, expiresAt - ms);
  };
  const progress: WriterProgress = {
    alive: (asked) => connection.progress.alive(asked),
    beat: (asked) => {
      for (const partition of asked) partitions.add(partition);
      return connection.progress.beat(asked);
    },
  };
  return {
    cache: translated(connection.cache, () => aheadMs, homes),
    progress,
    config,
    rejected: () => rejected,
    now: async () => (await connected.timeAt(progressKeyOf(0, keyGeneration))) + aheadMs,
    async pass(ms) {
      await Promise.all([...homes].map((propertyId) => hand.pass(propertyId, ms)));
      await Promise.all([...partitions].map((partition) => passPartition(partition, ms)));
      aheadMs += ms;
    },
    async evict(propertyId, key) {
      await redis.del(hand.keysOf(propertyId)[key]);
    },
    async plant(propertyId, bytes) {
      homes.add(propertyId);
      await redis.set(hand.keysOf(propertyId).value, bytes);
    },
    async stateOf(propertyId): Promise<HomeState> {
      const value = await hand.value(propertyId);
      const flight = await hand.flight(propertyId);
      return {
        value: value === null || value === 'unreadable' ? value : shiftValue(value, aheadMs),
        flight: flight && shiftFlight(flight, aheadMs),
      };
    },
    drop: dropHome,
    async close() {
      await Promise.all([...homes].map(dropHome));
      connected.close();
      await connection.close();
    },
  };
}
