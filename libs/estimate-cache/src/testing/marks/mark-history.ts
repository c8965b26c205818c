import fc from 'fast-check';
import { feedPartitionName } from '../../marks/bucket-mark.ts';
import type { MarkWorld } from './mark-world.ts';

/** Runs by what they are to the server: its own, another, or not known. */
type NamedRun = 'own' | 'another' | null;

export type MarkMove =
  | {
      do: 'mark';
      bucket: number;
      partition: number;
      run: NamedRun;
      from: bigint;
      length: bigint;
      untilAt: number | null;
    }
  | {
      do: 'reset';
      bucket: number;
      partition: number;
      seen: bigint | null;
      to: bigint;
      sinceAt: number | null;
    }
  | { do: 'raise-since'; sinceAt: number }
  | { do: 'plant'; bucket: number; partition: number; text: string | null };

const BUCKETS = [0, 77] as const;
/** Those, and one that no command names. */
const LOOKED_AT = [...BUCKETS, 3];
const bucket = fc.constantFrom(...BUCKETS);
const partition = fc.constantFrom(0, 1, 11);
/** Few, so that they meet; around 2^53 and where text and number compare otherwise. */
const offset = fc.constantFrom(0n, 1n, 2n, 9n, 10n, 11n, 100n, 9_007_199_254_740_992n, 9_007_199_254_740_993n);
const instant = fc.constantFrom(0, 5, 9, 10, 1_795_435_982_547);

const move: fc.Arbitrary<MarkMove> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('mark' as const),
      bucket,
      partition,
      run: fc.constantFrom('own' as const, 'own' as const, 'own' as const, 'another' as const, null),
      from: offset,
      length: fc.constantFrom(0n, 1n, 90n),
      untilAt: fc.option(instant),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('reset' as const),
      bucket,
      partition,
      seen: fc.option(offset, { freq: 1 }),
      to: offset,
      sinceAt: fc.option(instant),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('raise-since' as const), sinceAt: instant }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('plant' as const),
      bucket,
      partition,
      text: fc.constantFrom('7|3', '7|', '07|', '|', 'x', '7|3|', null),
    }),
  },
);

export const markHistories: fc.Arbitrary<MarkMove[]> = fc.array(move, { minLength: 1, maxLength: 30 });

const TOPIC = 'listing.status-changed';

async function play(world: MarkWorld, each: MarkMove): Promise<unknown> {
  if (each.do === 'raise-since') return world.store.raiseSince(each.sinceAt);
  const at = { topic: TOPIC, partition: each.partition };
  if (each.do === 'plant') return world.plant(each.bucket, feedPartitionName(at), each.text);
  if (each.do === 'mark') {
    const run = each.run === 'own' ? await world.run(each.bucket) : each.run;
    const { from, length, untilAt } = each;
    const command = { ...at, run, fromOffset: from, toOffset: from + length, untilAt };
    return world.store.mark([{ bucket: each.bucket, commands: [command] }]);
  }
  const command = { ...at, seenOffset: each.seen, nextOffset: each.to, sinceAt: each.sinceAt };
  return world.store.reset([{ bucket: each.bucket, commands: [command] }]);
}

/** As text, in which a server's own run is called so. */
const textOf = (answer: unknown, own: readonly string[]): string =>
  JSON.stringify(answer ?? null, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}`;
    return typeof value === 'string' && own.includes(value) ? 'own' : value;
  });

/** Each command with its answers, and what the buckets remember after it. */
export async function playMarks(world: MarkWorld, moves: readonly MarkMove[]): Promise<unknown[]> {
  const own = await Promise.all(LOOKED_AT.map((bucket) => world.run(bucket)));
  const seen: unknown[] = [];
  for (const each of moves) {
    const answer = textOf(await play(world, each), own);
    const read = await world.store.read();
    const remembered = LOOKED_AT.map((bucket, i) => {
      const reading = read[bucket];
      return reading && { ...reading, run: reading.run === own[i] ? 'own' : 'another' };
    });
    seen.push({ answer, remembered });
  }
  return seen;
}
