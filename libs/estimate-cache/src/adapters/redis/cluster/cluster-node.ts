import type { Redis } from 'ioredis';
import { within } from '../within.ts';

/** One primary of a cluster, and the connection to it. */
export interface ClusterNode {
  /** host:port */
  readonly address: string;
  readonly redis: Redis;
  /** The connection stands now, and the server was judged. */
  isOpen(): boolean;
  /** Resolves when the connection has been made for the first time. @throws {CacheUnavailable | CachePolicyRefused} */
  whenOpen(leftMs: number): Promise<void>;
  /** Resolves when its first connection has been made or has failed, and says which. */
  readonly opening: Promise<Error | null>;
  close(): void;
}

/**
 * Begins to connect to a node.
 *
 * @param judge  asks the server whether the protocol holds there; throws if not
 */
export function openNode(address: string, redis: Redis, judge: (redis: Redis) => Promise<void>): ClusterNode {
  let isJudged = false;
  const opened = redis.connect().then(async () => {
    await judge(redis);
    isJudged = true;
  });
  const opening = opened.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  return {
    address,
    redis,
    opening,
    isOpen: () => isJudged && redis.status === 'ready',
    async whenOpen(leftMs) {
      // Later losses fail fast by themselves: a connection that stood once queues nothing.
      if (!isJudged) await within(leftMs, opened);
    },
    close: () => redis.disconnect(),
  };
}
