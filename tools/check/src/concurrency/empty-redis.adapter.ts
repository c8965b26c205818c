import { Redis } from 'ioredis';

/** The hand on the check's own Redis. */
export function openEmptyRedis(redisUrl: string): { forgetAll(): Promise<void>; close(): void } {
  const redis = new Redis(redisUrl);
  return {
    async forgetAll() {
      await redis.flushall();
    },
    close: () => redis.disconnect(),
  };
}
