import { createCacheConfig, type CacheConfig } from '../../cache-config.ts';
import { CacheFault } from '../../errors.ts';
import { BUCKETS } from '../../keys.ts';
import { feedPartitionName } from '../../marks/bucket-mark.ts';
import { checkMarkCommand, checkResetCommand, checkSince } from '../../marks/checked-marks.ts';
import { markKeysOf } from '../../marks/mark-keys.ts';
import type { MarkAnswer, MarkCommand, MarkReading, MarkStore, ResetAnswer, ResetCommand } from '../../marks/port.ts';
import { bucketMarkOf } from '../../marks/read-mark.ts';
import { answersInSlices } from './mark-slices.ts';
import type { RedisTransport, ScriptCall, ScriptReply } from './redis-transport.ts';
import { markScript, raiseSinceScript, readMarkScript, resetScript } from './scripts/mark.ts';

export interface RedisMarkStoreOptions {
  readonly transport: RedisTransport;
  readonly config?: Partial<CacheConfig>;
  /** How many connections were lost so far, of all those that hits are read on. */
  readonly connectionsLost: () => number;
}

const allBuckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

const wordsOf = (reply: Buffer): readonly string[] => reply.toString('latin1').split(' ');

const listOf = (reply: ScriptReply): readonly Buffer[] => {
  if (Array.isArray(reply)) return reply as readonly Buffer[];
  throw new CacheFault('a script of marks gave another answer than its protocol says');
};

function markAnswerOf(reply: Buffer): MarkAnswer {
  const [outcome, first = '', second = ''] = wordsOf(reply);
  if (outcome === 'marked') return { outcome, nextOffset: BigInt(first) };
  if (outcome === 'missing') return { outcome, run: first };
  if (outcome === 'changed' || outcome === 'lower') return { outcome, run: first, nextOffset: BigInt(second) };
  throw new CacheFault(`MARK answered ${outcome}`);
}

function resetAnswerOf(reply: Buffer): ResetAnswer {
  const outcome = reply.toString('latin1');
  if (outcome === 'reset' || outcome === 'kept') return outcome;
  throw new CacheFault(`RESET answered ${outcome}`);
}

const markArgsOf = (command: MarkCommand): readonly string[] => {
  const { run, fromOffset, toOffset, untilAt } = checkMarkCommand(command);
  return [feedPartitionName(command), run ?? '', `${fromOffset}`, `${toOffset}`, `${untilAt ?? ''}`];
};

const resetArgsOf = (command: ResetCommand): readonly string[] => {
  const { seenOffset, nextOffset, sinceAt } = checkResetCommand(command);
  return [feedPartitionName(command), `${seenOffset ?? ''}`, `${nextOffset}`, `${sinceAt ?? ''}`];
};

const readingOf = (text: string): MarkReading => {
  const [run = '', ...fields] = text.split(' ');
  return { ...bucketMarkOf(fields), run };
};

/** Buckets are marked alike, so most say the same word for word: that is read once, and is one object, by which others know it again. */
function createReadings(): (reply: ScriptReply) => MarkReading {
  const known = new Map<string, MarkReading>();
  return (reply) => {
    if (!(reply instanceof Buffer)) throw new CacheFault('a reading of a mark is no text');
    const text = reply.toString('latin1');
    const reading = known.get(text) ?? readingOf(text);
    known.set(text, reading);
    return reading;
  };
}

/** Marks on Redis: one small script for each bucket, a few buckets at a time, in one pipeline for each node. */
export function redisMarkStore(options: RedisMarkStoreOptions): MarkStore {
  const { transport, connectionsLost } = options;
  const { keyGeneration } = createCacheConfig(options.config);
  const keysOf = (bucket: number) => markKeysOf(bucket, keyGeneration);
  return {
    async mark(buckets) {
      const calls = buckets.map(({ bucket, commands }): ScriptCall => {
        const { mark, never } = keysOf(bucket);
        return { script: markScript, keys: [mark, never], args: commands.flatMap(markArgsOf) };
      });
      return await answersInSlices(transport, calls, (reply) => listOf(reply).map(markAnswerOf));
    },
    async reset(buckets) {
      const calls = buckets.map(({ bucket, commands }): ScriptCall => {
        const { mark, never } = keysOf(bucket);
        return { script: resetScript, keys: [mark, never], args: commands.flatMap(resetArgsOf) };
      });
      return await answersInSlices(transport, calls, (reply) => listOf(reply).map(resetAnswerOf));
    },
    async raiseSince(sinceAt) {
      const at = checkSince(sinceAt);
      const calls = allBuckets.map((bucket): ScriptCall => ({
        script: raiseSinceScript,
        keys: [keysOf(bucket).mark],
        args: [at],
      }));
      const isRaised = await answersInSlices(transport, calls, () => true);
      return allBuckets.filter((bucket) => isRaised[bucket] !== true);
    },
    async read() {
      const calls = allBuckets.map((bucket): ScriptCall => ({
        script: readMarkScript,
        keys: [keysOf(bucket).mark],
        args: [],
      }));
      return await answersInSlices(transport, calls, createReadings());
    },
    connectionsLost,
  };
}
