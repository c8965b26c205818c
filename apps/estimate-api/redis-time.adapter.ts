import { createRedisConnection } from '@porchlight/estimate-cache';

export interface RedisTime {
  /** TIME: UTC milliseconds by the clock of Redis. @throws what the driver throws when Redis does not answer */
  readTime(): Promise<number>;
  close(): void;
}

/**
 * A connection that asks Redis for nothing but its time: an answer that had to wait behind a batch would tell an old time.
 *
 * @throws what the driver throws, if Redis cannot be reached now; nothing is left open
 */
export async function connectRedisTime(url: string): Promise<RedisTime> {
  const redis = createRedisConnection({ url, connectionName: 'estimate-api-clock' });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return {
    async readTime() {
      const [seconds, microseconds] = await redis.time();
      return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
    },
    close: () => redis.disconnect(),
  };
}
