import { defaultCacheConfig } from '../../cache-config.ts';
import { CacheUnavailable } from '../../errors.ts';
import { partialAnswers } from '../../partial-answers.ts';
import { keysOfBuckets } from './connect-envoy.ts';
import { connectTopology } from './connect-topology.ts';
import type { RedisConnectionOptions } from './redis-connection.ts';
import { timeScript } from './scripts/look.ts';

/** The clock of the servers that date expiries. */
export interface CacheTime {
  /** UTC milliseconds by the slowest clock of the servers that answer. @throws {CacheUnavailable} if none does */
  readTime(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Connections that ask for nothing but the time: an answer that had to wait behind a batch would tell an old one.
 *
 * @throws {CacheUnavailable} (fate retry) if the servers cannot be reached now; nothing is left open
 * @throws {CachePolicyRefused | CacheConfigRefused} (fate crash)
 */
export async function connectCacheTime(options: RedisConnectionOptions): Promise<CacheTime> {
  const { keyGeneration } = defaultCacheConfig;
  const connection = await connectTopology({ ...options, keyGeneration });
  const keys = keysOfBuckets(keyGeneration);
  const asked = options.topology === undefined || options.topology === 'single' ? keys.slice(0, 1) : keys;
  const calls = asked.map((key) => ({ script: timeScript, keys: [key], args: [] }));
  return {
    async readTime() {
      const replies = (await partialAnswers(connection.transport.run(calls))).filter((reply) => reply !== null);
      const times = replies.map((reply) => Number(String(reply)));
      if (times.length === 0) throw new CacheUnavailable('nobody told the time');
      return Math.min(...times);
    },
    close: () => connection.close(),
  };
}
