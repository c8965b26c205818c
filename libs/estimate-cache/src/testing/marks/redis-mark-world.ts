import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { connectEstimateCache } from '../../adapters/redis/connect-estimate-cache.ts';
import { createCacheConfig } from '../../cache-config.ts';
import { BUCKETS } from '../../keys.ts';
import { markKeysOf } from '../../marks/mark-keys.ts';
import { redisUrl } from '../redis-world.ts';
import type { MarkWorld } from './mark-world.ts';

/** The marks of a key generation of its own on the Redis of `REDIS_URL`; deleted at the end. */
export async function redisMarkWorld(): Promise<MarkWorld> {
  const keyGeneration = `t${randomBytes(6).toString('hex')}`;
  const config = createCacheConfig({ keyGeneration });
  const connection = await connectEstimateCache({ url: redisUrl(), config, commandTimeoutMs: 10_000 });
  const redis = new Redis(redisUrl());
  const keyOf = (bucket: number) => markKeysOf(bucket, keyGeneration).mark;
  const clear = async () => {
    await Promise.all(Array.from({ length: BUCKETS }, (_, bucket) => redis.del(keyOf(bucket))));
  };
  const fieldOf = (text: string, name: string) => new RegExp(`^${name}:(\\w+)`, 'm').exec(text)?.[1] ?? '';
  return {
    store: connection.marks,
    run: async () => {
      const info = `${await redis.info('server')}${await redis.info('replication')}`;
      return `${fieldOf(info, 'run_id')}-${fieldOf(info, 'master_replid')}`;
    },
    async plant(bucket, name, text) {
      await (text === null ? redis.hdel(keyOf(bucket), name) : redis.hset(keyOf(bucket), name, text));
    },
    async plantForeign(bucket) {
      await redis.set(keyOf(bucket), 'somebody was here');
    },
    clear,
    async close() {
      await clear();
      redis.disconnect();
      await connection.close();
    },
  };
}
