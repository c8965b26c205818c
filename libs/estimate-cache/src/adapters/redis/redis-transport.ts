import type { Redis } from 'ioredis';
import { CacheFault, CacheUnavailable } from '../../errors.ts';
import { cacheErrorOf, isNoScript } from './redis-errors.ts';
import type { Script } from './scripts/script.ts';

/** One script on the keys of one home. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
}

/** A script's reply: text, or a list of texts. */
export type ScriptReply = Buffer | readonly Buffer[];

/**
 * How batches reach Redis: one MGET and one pipeline on one server; one pipeline for each node of a cluster.
 * Answers come in the order of the calls; an error of any of them is thrown, never handed on as a value.
 */
export interface RedisTransport {
  /** @throws {CacheUnavailable | CacheFault} */
  get(keys: readonly string[]): Promise<(Buffer | null)[]>;
  /** @throws {CacheUnavailable | CacheFault} */
  run(calls: readonly ScriptCall[]): Promise<ScriptReply[]>;
  /** Sets keys to "1" for so long. @throws {CacheUnavailable | CacheFault} */
  beat(keys: readonly string[], ttlMs: number): Promise<void>;
}

/** Most keys of one MGET, and most scripts of one pipeline: what Redis does at a stretch before it hears others. */
export const BATCH_MAX = 500;

const chunksOf = <T>(items: readonly T[]): (readonly T[])[] =>
  items.length <= BATCH_MAX
    ? [items]
    : Array.from({ length: Math.ceil(items.length / BATCH_MAX) }, (_, i) =>
        items.slice(i * BATCH_MAX, (i + 1) * BATCH_MAX),
      );

/**
 * One timer for each round trip. A process that was busy itself may find the answer waiting in its socket when the
 * timer fires, so the socket is read once more before giving up.
 */
async function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => setImmediate(() => reject(new CacheUnavailable(`no reply in ${timeoutMs} ms`))),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    throw cacheErrorOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/** One result of a pipeline. */
type Result = [error: Error | null, reply: unknown];

const repliesOf = (results: readonly Result[]): ScriptReply[] =>
  results.map(([error, reply]) => {
    if (error !== null) throw cacheErrorOf(error);
    if (reply instanceof Error) throw cacheErrorOf(reply);
    return reply as ScriptReply;
  });

async function send(redis: Redis, calls: readonly ScriptCall[], by: 'sha' | 'source'): Promise<Result[]> {
  const pipeline = redis.pipeline();
  for (const { script, keys, args } of calls) {
    if (by === 'sha') pipeline.callBuffer('evalsha', script.sha, keys.length, ...keys, ...args);
    else pipeline.callBuffer('eval', script.lua, keys.length, ...keys, ...args);
  }
  const results = await pipeline.exec();
  if (results === null) throw new CacheUnavailable('the pipeline was not run');
  return results;
}

/**
 * A server that has restarted, or another one that took its place, does not know the scripts. Those that failed did
 * nothing, so they alone are repeated, by their source: behind a proxy each shard has to learn it.
 */
async function sendKnown(redis: Redis, calls: readonly ScriptCall[]): Promise<ScriptReply[]> {
  const results = await send(redis, calls, 'sha');
  const unknown = results.flatMap(([error], i) => (isNoScript(error) ? [i] : []));
  if (unknown.length > 0) {
    const again = unknown.map((i) => calls[i]).filter((call) => call !== undefined);
    const repeated = await send(redis, again, 'source');
    unknown.forEach((i, n) => {
      results[i] = repeated[n] ?? [new CacheFault('a pipeline gave too few answers'), null];
    });
  }
  return repliesOf(results);
}

const valueOf = (value: Buffer | Error | null): Buffer | null => {
  if (value instanceof Error) throw cacheErrorOf(value); // so does a proxy answer for a shard that it lost
  return value;
};

/** One Redis, or one Envoy in front of several. */
export function singleRedisTransport(redis: Redis, timeoutMs: number): RedisTransport {
  return {
    async get(keys) {
      if (keys.length === 0) return [];
      const chunks = chunksOf(keys);
      const answers = chunks.map((chunk) => within(timeoutMs, redis.mgetBuffer([...chunk])));
      return (await Promise.all(answers)).flat().map(valueOf);
    },
    async run(calls) {
      if (calls.length === 0) return [];
      const answers = chunksOf(calls).map((chunk) => within(timeoutMs, sendKnown(redis, chunk)));
      return (await Promise.all(answers)).flat();
    },
    async beat(keys, ttlMs) {
      if (keys.length === 0) return;
      const pipeline = redis.pipeline();
      for (const key of keys) pipeline.set(key, '1', 'PX', ttlMs);
      repliesOf((await within(timeoutMs, pipeline.exec())) ?? []);
    },
  };
}
