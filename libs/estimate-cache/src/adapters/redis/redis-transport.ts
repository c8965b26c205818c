import type { Redis } from 'ioredis';
import { CacheUnavailable } from '../../errors.ts';
import { repliesOf, valuesOf, type Result } from './pipeline-results.ts';
import { ReadCommand, type Found, type Take, type Values } from './read-command.ts';
import { ReadLine } from './read-line.ts';
import { readTextOf, type ValuesText } from './read-text.ts';
import { cacheErrorOf } from './redis-errors.ts';
import { runScripts, type Carrier, type Command } from './run-scripts.ts';
import type { Script } from './scripts/script.ts';
import { takeReplies } from './take-replies.ts';
import { within } from './within.ts';

/** One script on the keys of one home, or of one bucket: all in one slot. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
  /**
   * What is to be done at once, on one key, where this script cannot run because its slot is on its way from one node to
   * another (TRYAGAIN) and its keys lie on both sides. Then the script is tried again like any other.
   */
  readonly whileSplit?: ScriptCall;
}

/** A script's reply: text, or a list of texts. */
export type ScriptReply = Buffer | readonly Buffer[];

/**
 * How batches reach Redis: one MGET and one pipeline on one server; one pipeline for each node of a cluster, side by side.
 * Answers come in the order of the calls; an error of any of them is thrown, never handed on as a value.
 */
export interface RedisTransport {
  /**
   * @returns the bytes of each key; null where there are none, and where the node that has them does not answer
   * @throws {CacheUnavailable} if no node that was asked answers
   * @throws {CacheFault}
   */
  get(keys: readonly string[]): Promise<(Buffer | null)[]>;
  /**
   * The same for the values (`:v`) of homes, more cheaply than by their keys: a hit is this.
   *
   * @param text  writes what is asked
   * @param take  makes of the values, in the order of the ids, what is answered
   * @throws {BadCacheEntry} at once, before there is a promise, for an id that is none; besides what `get` throws
   */
  getValues<T>(propertyIds: readonly string[], text: ValuesText, take: Take<T>): Promise<T>;
  /**
   * @throws {CachePartlyUnavailable} with the replies that came, if some nodes do not answer (see `partialAnswers`)
   * @throws {CacheUnavailable} if none does
   * @throws {CacheFault}
   */
  run(calls: readonly ScriptCall[]): Promise<ScriptReply[]>;
  /** Sets keys to "1" for so long. @throws as `run` */
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

const sendChunk = async (redis: Redis, commands: readonly Command[]): Promise<Result[]> => {
  const pipeline = redis.pipeline();
  for (const { name, args } of commands) pipeline.callBuffer(name, ...args);
  const results = await pipeline.exec();
  if (results === null) throw new CacheUnavailable('the pipeline was not run');
  return results;
};

/** Sends commands in pipelines on one connection; a pipeline that fails as a whole fails each of its commands. */
export const pipelined = async (redis: Redis, commands: readonly Command[], timeoutMs: number): Promise<Result[]> => {
  const answers = chunksOf(commands).map((chunk) =>
    within(timeoutMs, sendChunk(redis, chunk)).catch((error: unknown) =>
      chunk.map((): Result => [cacheErrorOf(error), null]),
    ),
  );
  return (await Promise.all(answers)).flat();
};

/** "I am alive", for so long. */
export const beatOf = (key: string, ttlMs: number): Command => ({ name: 'set', key, args: [key, '1', 'PX', ttlMs] });

const asTheyAre = (values: Values): Values => values;

/** One Redis, or one Envoy in front of several. */
export function singleRedisTransport(redis: Redis, timeoutMs: number): RedisTransport {
  takeReplies(redis);
  const line = new ReadLine(redis, timeoutMs);
  const ask = <T>(keys: number, text: string, take: Take<T>): Promise<T> => {
    const read = new ReadCommand(keys, text, take);
    line.send(read);
    return read.promise;
  };
  /** Each MGET that nobody answers is a lost shard's; only if none is answered, all are lost. */
  const inChunks = async (asked: readonly { keys: number; text: string }[]): Promise<Values> => {
    const answers = asked.map(({ keys, text }) =>
      ask<readonly Found[]>(keys, text, asTheyAre).catch((error: unknown): readonly Found[] => {
        if (error instanceof CacheUnavailable) return new Array<Found>(keys).fill(error);
        throw error;
      }),
    );
    return valuesOf((await Promise.all(answers)).flat());
  };
  /** All are written before the first is sent: an id that is none asks for nothing. */
  const textsOf = (asked: readonly string[], textOf: (chunk: readonly string[]) => string) =>
    asked.length === 0 ? [] : chunksOf(asked).map((chunk) => ({ keys: chunk.length, text: textOf(chunk) }));
  const carrier: Carrier = { send: (commands, leftMs) => pipelined(redis, commands, leftMs) };
  return {
    get: async (keys) => [...(await inChunks(textsOf(keys, readTextOf)))],
    getValues(propertyIds, text, take) {
      const isOne = propertyIds.length > 0 && propertyIds.length <= BATCH_MAX;
      if (isOne) return ask(propertyIds.length, text.of(propertyIds), take);
      return inChunks(textsOf(propertyIds, (chunk) => text.of(chunk))).then(take);
    },
    async run(calls) {
      return await runScripts(carrier, calls, timeoutMs);
    },
    async beat(keys, ttlMs) {
      repliesOf(
        await carrier.send(
          keys.map((key) => beatOf(key, ttlMs)),
          timeoutMs,
        ),
      );
    },
  };
}
