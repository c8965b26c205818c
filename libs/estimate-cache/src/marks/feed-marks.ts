import { CacheUnavailable } from '../errors.ts';
import { BUCKETS } from '../keys.ts';
import { feedPartitionName } from './bucket-mark.ts';
import {
  doubtBucket,
  keepLesson,
  learnMarks,
  learnResets,
  markRoundOf,
  openLedger,
  resetsOf,
  type MarkLesson,
  type MarkRound,
  type PartitionLedger,
} from './ledger.ts';
import type { FeedMarks, FeedPartition, FeedPosition, FeedVerdict, MarkAnswer, MarkStore } from './port.ts';

export interface FeedMarksOptions {
  readonly store: MarkStore;
  /** The PostgreSQL primary's clock, UTC milliseconds; asked only when a bucket must be reset. */
  readonly databaseNow: () => Promise<number>;
  /**
   * Begins a partition again: resolves when its position counts from `fromOffset`, and nothing that was under way before
   * counts as applied.
   */
  readonly replay: (at: FeedPartition, fromOffset: bigint) => Promise<void>;
}

/** One partition while this process has it. */
interface Session {
  readonly hasTime: boolean;
  ledger: PartitionLedger;
}

/** A position with what was asked and learnt for it. */
interface Asked {
  readonly session: Session;
  readonly position: FeedPosition;
  readonly round: MarkRound;
}

const allBuckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

const countsOf = (answers: readonly (MarkAnswer | null)[]): FeedVerdict['buckets'] => {
  const counts = { marked: 0, changed: 0, lower: 0, missing: 0, unreachable: 0 };
  for (const answer of answers) counts[answer?.outcome ?? 'unreachable'] += 1;
  return counts;
};

/** Asks every bucket once for all of these partitions; for each of those the answers by bucket. */
async function askBuckets(store: MarkStore, asked: readonly Asked[]): Promise<(readonly (MarkAnswer | null)[])[]> {
  const commandsOf = (bucket: number) =>
    asked.flatMap(({ round }) => {
      const command = round.commands[bucket];
      return command === undefined ? [] : [command];
    });
  const byBucket = await store.mark(allBuckets.map((bucket) => ({ bucket, commands: commandsOf(bucket) })));
  return asked.map((_, i) => allBuckets.map((bucket) => byBucket[bucket]?.[i] ?? null));
}

class Marker {
  readonly #options: FeedMarksOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: FeedMarksOptions) {
    this.#options = options;
  }

  async begin(at: Parameters<FeedMarks['begin']>[0]): Promise<bigint> {
    const { topic, partition, log, committedOffset, hasTime } = at;
    const session: Session = { hasTime, ledger: openLedger(BUCKETS, committedOffset) };
    const position = { topic, partition, log, nextOffset: committedOffset, until: null };
    const asked = { session, position, round: markRoundOf(session.ledger, position) };
    const [answers = []] = await askBuckets(this.#options.store, [asked]);
    const lesson = learnMarks(asked.round, position, answers);
    session.ledger = lesson.ledger;
    this.#sessions.set(feedPartitionName(at), session);
    return lesson.replayFrom ?? committedOffset;
  }

  async mark(positions: readonly FeedPosition[]): Promise<FeedVerdict[]> {
    const asked = positions.flatMap((position): Asked[] => {
      const session = this.#sessions.get(feedPartitionName(position));
      if (session === undefined) return [];
      const round = markRoundOf(session.ledger, position);
      session.ledger = round.ledger;
      return [{ session, position, round }];
    });
    if (asked.length === 0) return [];
    const answers = await askBuckets(this.#options.store, asked);
    const verdicts: FeedVerdict[] = [];
    for (const [i, each] of asked.entries()) {
      const { topic, partition } = each.position;
      const lesson = learnMarks(each.round, each.position, answers[i] ?? []);
      await this.#keep(each, lesson);
      const resets = await this.#reset(each, lesson);
      const buckets = countsOf(answers[i] ?? []);
      const { commitOffset, replayFrom: replayedFrom } = lesson;
      verdicts.push({ topic, partition, commitOffset, replayedFrom, buckets, resets });
    }
    return verdicts;
  }

  doubt(at: FeedPartition, bucket: number): void {
    const session = this.#sessions.get(feedPartitionName(at));
    if (session !== undefined) session.ledger = doubtBucket(session.ledger, bucket);
  }

  end(at: FeedPartition): void {
    this.#sessions.delete(feedPartitionName(at));
  }

  async raiseSince(): Promise<void> {
    const missed = await this.#options.store.raiseSince(await this.#options.databaseNow());
    if (missed.length > 0) throw new CacheUnavailable(`${missed.length} buckets did not take a new since`);
  }

  /** A run is taken for known only when the partition has begun again; if that fails, the next round learns it anew. */
  async #keep({ session, position }: Asked, { ledger, replayFrom }: MarkLesson): Promise<void> {
    if (replayFrom !== null) await this.#options.replay(position, replayFrom);
    session.ledger = keepLesson(ledger, session.ledger);
  }

  /** `since` is read last: all that was begun was committed before it. */
  async #reset({ session, position }: Asked, { lost, resetOffset }: MarkLesson): Promise<number> {
    if (lost.length === 0) return 0;
    const before = session.ledger;
    const sinceAt = session.hasTime ? await this.#options.databaseNow() : null;
    const answers = await this.#options.store.reset(resetsOf(position, resetOffset, lost, sinceAt));
    const resets = answers.map((each) => each?.[0] ?? null);
    session.ledger = keepLesson(learnResets(before, resetOffset, lost, resets), session.ledger);
    return resets.filter((each) => each === 'reset').length;
  }
}

/** The invalidator's marks: tells every bucket once a second what is applied, and notices what a bucket has forgotten. */
export function createFeedMarks(options: FeedMarksOptions): FeedMarks {
  const marker = new Marker(options);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const turn = last.then(run, run);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    begin: (at) => inTurn(() => marker.begin(at)),
    mark: (positions) => inTurn(() => marker.mark(positions)),
    doubt: (at, bucket) => marker.doubt(at, bucket),
    end: (at) => marker.end(at),
    raiseSince: () => marker.raiseSince(),
  };
}
