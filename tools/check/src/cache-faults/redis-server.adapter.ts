import { join } from 'node:path';
import { startRedisServer, type RedisNode } from '@porchlight/stack';
import { Redis } from 'ioredis';

/** By the names of redis.conf. */
export type RedisSettings = Readonly<Record<string, string>>;

export interface RedisServerOptions {
  readonly name: string;
  /** Data of all servers of a scenario go below this. */
  readonly folder: string;
  /** Beside what production has, persistence off; these count. */
  readonly settings?: RedisSettings;
  readonly signal: AbortSignal;
}

/** One Redis that may be killed, frozen, and started again with whatever its folder then holds. */
export interface RedisServer extends RedisNode {
  readonly port: number;
  /** A plain connection of the check's own. */
  readonly hand: Redis;
}

/** What one scenario fills: small, and a replica asks for its first copy at once. */
const base: RedisSettings = { maxmemory: '64mb', 'repl-diskless-sync-delay': '0' };
const RECONNECT_MS = 50;

/** @throws {StackError} */
export async function startRedis({ name, folder, settings, signal }: RedisServerOptions): Promise<RedisServer> {
  const node = await startRedisServer({ dir: join(folder, name), flags: { ...base, ...settings }, signal });
  const patience = { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => RECONNECT_MS };
  const hand = new Redis(node.url, patience).on('error', () => undefined);
  const stop = async (): Promise<void> => {
    hand.disconnect();
    await node.stop();
  };
  return { ...node, port: Number(new URL(node.url).port), hand, stop };
}
