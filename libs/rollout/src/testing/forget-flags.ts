import { Redis } from 'ioredis';

/** For tests that are over: takes a key away, which nobody else ever does. */
export async function forgetFlags(url: string, key: string): Promise<void> {
  const redis = new Redis(url);
  await redis.del(key);
  redis.disconnect();
}
