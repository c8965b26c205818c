import { randomBytes } from 'node:crypto';
import { connectEstimateCache } from '../../adapters/redis/connect-estimate-cache.ts';
import { createCacheConfig } from '../../cache-config.ts';
import { BUCKETS } from '../../keys.ts';
import { markKeysOf } from '../../marks/mark-keys.ts';
import type { MarkStore } from '../../marks/port.ts';
import { openHand, type CacheServers } from '../hand-connection.ts';
import { redisUrl } from '../redis-world.ts';
import type { MarkWorld } from './mark-world.ts';

/** Whoever names no run is told it. */
async function runOf(store: MarkStore, bucket: number): Promise<string> {
  const nobodys = { topic: 'nobodys', partition: 0, run: null, fromOffset: 0n, toOffset: 0n, untilAt: null };
  const [answers] = await store.mark([{ bucket, commands: [nobodys] }]);
  const [answer] = answers ?? [];
  if (answer?.outcome !== 'missing') throw new Error(`bucket ${bucket} does not say its run`);
  return answer.run;
}

/** The marks of a key generation of its own on the Redis of `REDIS_URL`; deleted at the end. */
export const redisMarkWorld = (): Promise<MarkWorld> => redisMarkWorldAt({ url: redisUrl(), topology: 'single' });

/** The same on any servers. */
export async function redisMarkWorldAt(servers: CacheServers): Promise<MarkWorld> {
  const keyGeneration = `t${randomBytes(6).toString('hex')}`;
  const config = createCacheConfig({ keyGeneration });
  const connection = await connectEstimateCache({ ...servers, config, commandTimeoutMs: 10_000 });
  const { marks: store } = connection;
  const hand = openHand(servers);
  const keyOf = (bucket: number) => markKeysOf(bucket, keyGeneration).mark;
  const clear = async () => {
    await Promise.all(Array.from({ length: BUCKETS }, (_, bucket) => hand.redis.del(keyOf(bucket))));
  };
  return {
    store,
    run: (bucket) => runOf(store, bucket),
    async plant(bucket, name, text) {
      await (text === null ? hand.redis.hdel(keyOf(bucket), name) : hand.redis.hset(keyOf(bucket), name, text));
    },
    async plantForeign(bucket) {
      await hand.redis.set(keyOf(bucket), 'somebody was here');
    },
    clear,
    async close() {
      await clear();
      hand.close();
      await connection.close();
    },
  };
}
