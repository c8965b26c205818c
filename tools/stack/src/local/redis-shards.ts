import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { downloadsFolder } from '../folders.ts';
import { freePorts } from '../ports.ts';
import type { RedisFlags } from '../redis-flags.ts';
import { findRedisServer } from './redis-binary.ts';
import { redisNode, type RedisNode } from './redis-node.ts';

const PORT_WISHED = 26_650;

export interface RedisShardsOptions {
  readonly count?: number;
  /** Data, logs and pid files; what earlier ones left there is thrown away. */
  readonly dir: string;
  /** For every server, beside the cache's own settings. */
  readonly flags?: RedisFlags;
  readonly report?: (detail: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Redis servers that know nothing of each other. */
export interface RedisShards {
  readonly nodes: readonly RedisNode[];
  stop(): Promise<void>;
}

/**
 * Starts several Redis servers as local processes on the loopback, to stand behind an Envoy.
 *
 * @throws {StackError} SERVER_DIED or SERVER_NOT_READY, DOWNLOAD_FAILED; what was started is stopped again
 */
export async function startRedisShards(options: RedisShardsOptions): Promise<RedisShards> {
  const { count = 3, flags = {}, report, signal } = options;
  const folder = resolve(options.dir);
  const { command, reason } = await findRedisServer(downloadsFolder(), (detail) => report?.(`fetching ${detail}`));
  report?.(`starting ${count} servers; ${reason}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const wishes = Array.from({ length: count }, (_, i) => [`shard${i}`, PORT_WISHED + i] as const);
  const ports: Record<string, number> = await freePorts(Object.fromEntries(wishes));
  const nodes = Object.entries(ports).map(([name, port]) =>
    redisNode(command, { name: `Redis ${name}`, folder: join(folder, name), port, flags }, signal),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { nodes, stop };
}
