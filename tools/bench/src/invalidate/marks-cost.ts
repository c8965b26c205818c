import { mkdtemp, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { topics } from '@porchlight/contracts';
import {
  connectEstimateCache,
  createFeedMarks,
  createWatermarks,
  type EstimateCacheConnection,
} from '@porchlight/estimate-cache';
import { startRedisShards } from '@porchlight/stack';
import type { Say } from '../bench.ts';
import { connectRedis } from '../drivers.adapter.ts';
import { rounded } from '../quantiles.ts';

/** Those that the database writes have a time. */
const changeTopics = [
  { topic: topics.mlsRuleChanged, hasTime: true },
  { topic: topics.sellerOverrideChanged, hasTime: true },
  { topic: topics.listingStatusChanged, hasTime: true },
  { topic: topics.estimateUpdated, hasTime: false },
];
const EVERY_MS = 1_000;
const COMMAND_TIMEOUT_MS = 5_000;
/** Changes that each partition is further every second: marks that move cost more than marks that stand. */
const CHANGES_PER_S = 20n;

export interface MarksCost {
  /** Of one core of Redis. */
  readonly marksCpuPercent: number;
  readonly marksCallsPerS: number;
  readonly marksInvalidators: number;
  readonly marksApis: number;
}

/** Of the four change topics, by default; dealt out to the invalidators. */
const partitions = changeTopics.flatMap(({ topic: { name, partitions: count }, hasTime }) =>
  Array.from({ length: count }, (_, partition) => ({ topic: name, partition, hasTime })),
);

/** One invalidator: the shipped writer of marks over a connection of its own, with its share of the partitions. */
async function invalidatorOf(which: number, all: number, store: EstimateCacheConnection['marks']) {
  const mine = partitions.filter((_, at) => at % all === which);
  const marks = createFeedMarks({ store, databaseNow: async () => Date.now(), replay: async () => {} });
  let next = 0n;
  for (const { topic, partition, hasTime } of mine) {
    await marks.begin({ topic, partition, hasTime, committedOffset: 0n, log: { startOffset: 0n, endOffset: 0n } });
  }
  return async (): Promise<void> => {
    next += CHANGES_PER_S;
    await marks.mark(
      mine.map(({ topic, partition, hasTime }) => ({
        topic,
        partition,
        nextOffset: next,
        until: hasTime ? { at: Date.now(), endOffset: next } : null,
        log: { startOffset: 0n, endOffset: next },
      })),
    );
  };
}

function apiOf(store: EstimateCacheConnection['marks']): () => Promise<void> {
  const counts = Object.fromEntries(
    changeTopics.filter(({ hasTime }) => hasTime).map(({ topic }) => [topic.name, topic.partitions]),
  );
  const watermarks = createWatermarks({
    store,
    progress: async () => ({ publishedUntilAt: Date.now(), partitions: counts }),
    databaseNow: () => Date.now(),
    clock: { after: () => ({ cancel: () => undefined }) },
  });
  return () => watermarks.poll();
}

const fieldOf = (info: string, field: string): number => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1]);

async function spentBy(redis: ReturnType<typeof connectRedis>) {
  const info = await redis.info();
  return {
    cpuS: fieldOf(info, 'used_cpu_sys') + fieldOf(info, 'used_cpu_user'),
    calls: fieldOf(info, 'total_commands_processed'),
  };
}

/** Every party its round, once a second, spread over the second as processes are that know nothing of each other. */
async function runFor(seconds: number, parties: readonly (() => Promise<void>)[], signal: AbortSignal): Promise<void> {
  await Promise.all(
    parties.map(async (party, at) => {
      await delay((at * EVERY_MS) / parties.length, undefined, { signal });
      for (let second = 0; second < seconds; second += 1) {
        const begunAt = performance.now();
        await party();
        await delay(Math.max(0, EVERY_MS - (performance.now() - begunAt)), undefined, { signal });
      }
    }),
  );
}

/** What marks cost one Redis: the shipped writers and readers, each on a connection of its own, on a server of their own. */
export async function measureMarks(
  { invalidators, apis, seconds }: { invalidators: number; apis: number; seconds: number },
  { say, signal }: { say: Say; signal: AbortSignal },
): Promise<MarksCost> {
  const dir = await mkdtemp(`${tmpdir()}/porchlight-bench-marks-`);
  const shards = await startRedisShards({ count: 1, dir, flags: { appendonly: 'no' }, signal });
  const url = `redis://${shards.nodes[0]?.address ?? ''}`;
  const redis = connectRedis(url);
  const connections: EstimateCacheConnection[] = [];
  const connected = async (): Promise<EstimateCacheConnection['marks']> => {
    const connection = await connectEstimateCache({ url, commandTimeoutMs: COMMAND_TIMEOUT_MS });
    connections.push(connection);
    return connection.marks;
  };
  try {
    const writers = [];
    for (let at = 0; at < invalidators; at += 1) writers.push(await invalidatorOf(at, invalidators, await connected()));
    const readers = [];
    for (let at = 0; at < apis; at += 1) readers.push(apiOf(await connected()));
    await runFor(2, [...writers, ...readers], signal); // scripts are loaded, marks are there
    const before = await spentBy(redis);
    const startedAt = performance.now();
    await runFor(seconds, [...writers, ...readers], signal);
    const tookS = (performance.now() - startedAt) / 1_000;
    const after = await spentBy(redis);
    const cost = {
      marksCpuPercent: rounded(((after.cpuS - before.cpuS) / tookS) * 100),
      marksCallsPerS: Math.round((after.calls - before.calls) / tookS),
      marksInvalidators: invalidators,
      marksApis: apis,
    };
    say(
      `  marks of ${invalidators} invalidators and ${apis} estimate-apis: ${cost.marksCallsPerS} calls a second, ${cost.marksCpuPercent} % of a core of Redis`,
    );
    return cost;
  } finally {
    redis.disconnect();
    await Promise.all(connections.map((connection) => connection.close()));
    await shards.stop();
    await rm(dir, { recursive: true, force: true });
  }
}
