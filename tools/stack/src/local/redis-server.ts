import type { RedisNode } from './redis-node.ts';
import { startRedisShards, type RedisShardsOptions } from './redis-shards.ts';

/**
 * Starts one Redis as a local process on the loopback, to be killed, frozen, and started again with an older memory.
 *
 * @throws {StackError} SERVER_DIED or SERVER_NOT_READY, DOWNLOAD_FAILED
 */
export async function startRedisServer(options: Omit<RedisShardsOptions, 'count'>): Promise<RedisNode> {
  const { nodes } = await startRedisShards({ ...options, count: 1 });
  return nodes[0]!;
}
