import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { connectEstimateCache } from '../../adapters/redis/connect-estimate-cache.ts';
import { BUCKETS } from '../../keys.ts';
import { createFeedMarks } from '../../marks/feed-marks.ts';
import { markKeysOf } from '../../marks/mark-keys.ts';
import { MARKS_POLL_MS } from '../../marks/watermarks.ts';
import type { FeedPartition, MarkStore } from '../../marks/port.ts';

export interface MarkLoad {
  readonly url: string;
  /** Invalidators; the partitions are dealt out to them. */
  readonly writers: number;
  /** estimate-apis. */
  readonly readers: number;
  readonly seconds: number;
}

/** What a second of marks costs Redis. */
export interface MarkCost {
  readonly scriptsPerSecond: number;
  /** Of one core, by Redis' own account, less what it spends without them. */
  readonly redisCpuPercent: number;
  readonly networkBytesPerSecond: number;
  /** The median time of a round of MARKs and of a reading, milliseconds. */
  readonly markMs: number;
  readonly readMs: number;
}

/** The four change topics with their partitions by default. */
const PARTITIONS: readonly FeedPartition[] = Object.entries({
  'visibility.mls-rule-changed': 3,
  'visibility.seller-override-changed': 12,
  'listing.status-changed': 12,
  'estimate.updated': 12,
}).flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));

interface Spent {
  readonly cpuSeconds: number;
  readonly scripts: number;
  readonly bytes: number;
}

async function spentBy(redis: Redis): Promise<Spent> {
  const info = await redis.info();
  const numbersOf = (pattern: RegExp) => [...info.matchAll(pattern)].map((match) => Number(match[1]));
  const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
  const stats = await redis.info('commandstats');
  return {
    cpuSeconds: sum(numbersOf(/used_cpu_(?:user|sys):([\d.]+)/g)),
    scripts: sum([...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].map((match) => Number(match[1]))),
    bytes: sum(numbersOf(/total_net_(?:input|output)_bytes:(\d+)/g)),
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Does it each second from a moment of its own, and notes how long it took. */
async function eachSecond(until: number, startInMs: number, times: number[], act: () => Promise<unknown>) {
  await delay(startInMs);
  while (performance.now() < until) {
    const startedAt = performance.now();
    await act();
    times.push(performance.now() - startedAt);
    await delay(Math.max(0, MARKS_POLL_MS - (performance.now() - startedAt)));
  }
}

const startWriter = async (store: MarkStore, mine: readonly FeedPartition[]) => {
  let offset = 0n;
  const log = () => ({ startOffset: 0n, endOffset: offset });
  const marks = createFeedMarks({ store, databaseNow: async () => Date.now(), replay: async () => {} });
  for (const at of mine) await marks.begin({ ...at, log: log(), committedOffset: 0n, hasTime: true });
  return async () => {
    offset += 20n;
    const until = { at: Date.now(), endOffset: offset };
    await marks.mark(mine.map((at) => ({ ...at, nextOffset: offset, until, log: log() })));
  };
};

/** Invalidators mark and estimate-apis read once a second, each on a connection of its own, in one process. */
export async function measureMarks({ url, writers, readers, seconds }: MarkLoad): Promise<MarkCost> {
  const keyGeneration = `t${randomBytes(6).toString('hex')}`;
  const connect = () => connectEstimateCache({ url, config: { keyGeneration }, commandTimeoutMs: 5_000 });
  const connections = await Promise.all(Array.from({ length: writers + readers }, connect));
  const redis = new Redis(url);
  const times: { mark: number[]; read: number[] } = { mark: [], read: [] };
  try {
    const rounds = await Promise.all(
      connections.slice(0, writers).map(({ marks }, i) =>
        startWriter(
          marks,
          PARTITIONS.filter((_, at) => at % writers === i),
        ),
      ),
    );
    for (const round of rounds) await round();
    const idleBefore = await spentBy(redis);
    await delay(MARKS_POLL_MS);
    const before = await spentBy(redis);
    const startedAt = performance.now();
    const until = startedAt + seconds * 1_000;
    const spread = (i: number, of: number) => (MARKS_POLL_MS * i) / of;
    await Promise.all([
      ...rounds.map((round, i) => eachSecond(until, spread(i, writers), times.mark, round)),
      ...connections
        .slice(writers)
        .map(({ marks }, i) => eachSecond(until, spread(i, readers), times.read, () => marks.read())),
    ]);
    const after = await spentBy(redis);
    const tookSeconds = (performance.now() - startedAt) / 1_000;
    const idleCpu = before.cpuSeconds - idleBefore.cpuSeconds;
    return {
      scriptsPerSecond: Math.round((after.scripts - before.scripts) / tookSeconds),
      redisCpuPercent: Math.max(0, ((after.cpuSeconds - before.cpuSeconds) / tookSeconds - idleCpu) * 100),
      networkBytesPerSecond: Math.round((after.bytes - before.bytes) / tookSeconds),
      markMs: median(times.mark),
      readMs: median(times.read),
    };
  } finally {
    await Promise.all(
      Array.from({ length: BUCKETS }, (_, bucket) => redis.del(markKeysOf(bucket, keyGeneration).mark)),
    );
    redis.disconnect();
    await Promise.all(connections.map((each) => each.close()));
  }
}
