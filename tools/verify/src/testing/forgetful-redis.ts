import { join } from 'node:path';
import { startRedisServer } from '@porchlight/stack';
import { Redis } from 'ioredis';
import { eventually } from './eventually.ts';

/** A Redis of a test's own, which can be ended and begin again with a memory that it once had. */
export interface ForgetfulRedis {
  readonly url: string;
  /** A connection of the test's own. */
  readonly hand: Redis;
  /** Notes what it holds now. */
  remember(): Promise<void>;
  /** Kills it, and starts it again on the same port with what was noted last. */
  goBack(): Promise<void>;
  close(): Promise<void>;
}

export async function startForgetfulRedis(folder: string): Promise<ForgetfulRedis> {
  const server = await startRedisServer({ dir: join(folder, 'redis'), flags: { maxmemory: '64mb' } });
  const { url } = server;
  const hand = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 }).on('error', () => undefined);
  const answers = () => eventually(() => hand.ping());
  await answers();
  return {
    url,
    hand,
    async remember() {
      await hand.save();
      await server.keepFiles();
    },
    async goBack() {
      await server.kill();
      await server.putFilesBack();
      await server.start();
      await answers();
    },
    async close() {
      hand.disconnect();
      await server.stop();
    },
  };
}
