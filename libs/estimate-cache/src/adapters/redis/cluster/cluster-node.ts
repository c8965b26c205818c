import type { Redis } from 'ioredis';
import { ReadLine } from '../read-line.ts';
import { takeReplies } from '../take-replies.ts';
import { within } from '../within.ts';

/** One primary of a cluster, and the connection to it. */
export interface ClusterNode {
  /** host:port */
  readonly address: string;
  readonly redis: Redis;
  /** Reads of values on that connection. */
  readonly reads: ReadLine;
  /** The connection stands now, and the server was judged. */
  isOpen(): boolean;
  /** Resolves when the connection has been made for the first time. @throws {CacheUnavailable | CachePolicyRefused} */
  whenOpen(leftMs: number): Promise<void>;
  /** Resolves when its first connection has been made or has failed, and says which. */
  readonly opening: Promise<Error | null>;
  close(): void;
}

export interface NodeOptions {
  /** How long a read may take. */
  readonly timeoutMs: number;
  /** Asks the server whether the protocol holds there; throws if not. */
  readonly judge: (redis: Redis) => Promise<void>;
  /** Told when a connection that stood is lost, and not of each vain attempt to make it again. */
  readonly onLost: () => void;
}

/** Begins to connect to a node. */
export function openNode(address: string, redis: Redis, { timeoutMs, judge, onLost }: NodeOptions): ClusterNode {
  let isJudged = false;
  let stood = false;
  redis.on('ready', () => (stood = true));
  redis.on('close', () => {
    if (stood) onLost();
    stood = false;
  });
  takeReplies(redis);
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
    reads: new ReadLine(redis, timeoutMs),
    opening,
    isOpen: () => isJudged && redis.status === 'ready',
    async whenOpen(leftMs) {
      // Later losses fail fast by themselves: a connection that stood once queues nothing.
      if (!isJudged) await within(leftMs, opened);
    },
    close: () => redis.disconnect(),
  };
}
