import type {
  BucketCommands,
  FeedPartition,
  FeedPosition,
  FeedUntil,
  LogRange,
  MarkAnswer,
  MarkCommand,
  ResetAnswer,
  ResetCommand,
} from './port.ts';

/** What one process knows of one bucket, for one partition. */
export interface BucketLedger {
  /** The run that all from `fromOffset` was applied to; null: not known, so nothing is claimed. */
  readonly run: string | null;
  readonly fromOffset: bigint;
  /** How often a change was passed over here; what was learnt before the last time does not count. */
  readonly doubts: number;
}

/** What one process knows of one partition: the writer's side of the protocol, as plain data. */
export interface PartitionLedger {
  readonly buckets: readonly BucketLedger[];
  /** Where the partition stood when it was looked at last. */
  readonly position: bigint;
  /** Ts whose end was not reached yet, oldest first. */
  readonly pending: readonly FeedUntil[];
}

/** Ts that wait at a time: more than two minutes of them; with a longer delay the oldest are the next to hold. */
const PENDING_MAX = 128;

/** A partition whose first record is not applied yet: no bucket's run is known, so the first MARK only asks. */
export const openLedger = (buckets: number, startOffset: bigint): PartitionLedger => ({
  buckets: Array.from({ length: buckets }, () => ({ run: null, fromOffset: startOffset, doubts: 0 })),
  position: startOffset,
  pending: [],
});

const highest = (...offsets: readonly bigint[]): bigint => offsets.reduce((top, each) => (each > top ? each : top));
const lowest = (...offsets: readonly bigint[]): bigint => offsets.reduce((low, each) => (each < low ? each : low));

/** A newer T with the same end says more, and ends beyond a newer one's are of a log that is no more. A T above a newer one was read before the primary's clock was set back. One that nobody has room for is dropped: the next comes in a second. */
function withUntil(pending: readonly FeedUntil[], until: FeedUntil | null): readonly FeedUntil[] {
  if (until === null) return pending;
  const earlier = pending.filter(({ at, endOffset }) => endOffset < until.endOffset && at <= until.at);
  return earlier.length < PENDING_MAX ? [...earlier, until] : pending;
}

/** The latest T that holds once everything below `toOffset` is applied. */
const untilOf = (pending: readonly FeedUntil[], toOffset: bigint): number | null =>
  pending.findLast(({ endOffset }) => endOffset <= toOffset)?.at ?? null;

/** What is asked of every bucket now, and the ledger that knows of the new T. */
export interface MarkRound {
  readonly ledger: PartitionLedger;
  /** One for each bucket, in order. */
  readonly commands: readonly MarkCommand[];
  /** The log ends before the place where the partition stood last: it was made anew, and no offset of before means anything. */
  readonly isAnotherLog: boolean;
}

/**
 * The MARKs of one partition at this position.
 *
 * Where a bucket is ahead (others are being replayed) it keeps what it had. Nothing is claimed in another log, nor once the
 * log begins behind the place where the partition stood: it may have leapt over what is gone.
 */
export function markRoundOf(ledger: PartitionLedger, position: FeedPosition): MarkRound {
  const { topic, partition, nextOffset } = position;
  const pending = withUntil(ledger.pending, position.until);
  const hasLeapt = position.log.startOffset > ledger.position;
  const isAnotherLog = position.log.endOffset < ledger.position;
  const buckets = ledger.buckets.map((bucket) =>
    hasLeapt || isAnotherLog ? { ...bucket, run: null, fromOffset: nextOffset } : bucket,
  );
  const commands = buckets.map(({ run, fromOffset }): MarkCommand => {
    const toOffset = highest(fromOffset, nextOffset);
    return { topic, partition, run, fromOffset, toOffset, untilAt: untilOf(pending, toOffset) };
  });
  const waiting = pending.filter((each) => each.endOffset > nextOffset);
  return { ledger: { buckets, position: nextOffset, pending: waiting }, commands, isAnotherLog };
}

/** A bucket that cannot be replayed: the run that said so, and what it remembers. */
export interface LostBucket {
  readonly bucket: number;
  readonly run: string;
  readonly seenOffset: bigint | null;
}

/** What the buckets taught. */
export interface MarkLesson {
  readonly ledger: PartitionLedger;
  /** Where the partition must begin again, also what is under way; null: it goes on. Only then may the ledger be kept. */
  readonly replayFrom: bigint | null;
  /** Buckets to be reset. */
  readonly lost: readonly LostBucket[];
  /** The position that those take. */
  readonly resetOffset: bigint;
  readonly commitOffset: bigint;
}

const isIn = ({ startOffset, endOffset }: LogRange, offset: bigint): boolean =>
  offset >= startOffset && offset <= endOffset;

/**
 * Learns from the answers to a round.
 *
 * After `changed` and `lower` the bucket's interval begins at what it remembers, and everything from there on, also what is
 * under way, is applied again: it may have gone to a memory that is no more.
 *
 * @param answers one for each bucket; null: it was not reached, and keeps what it had
 */
export function learnMarks(
  round: MarkRound,
  position: FeedPosition,
  answers: readonly (MarkAnswer | null)[],
): MarkLesson {
  const { nextOffset, log } = position;
  const lost: LostBucket[] = [];
  const resetOffset = round.isAnotherLog ? log.startOffset : nextOffset;
  let replayFrom: bigint | null = round.isAnotherLog ? resetOffset : null;
  const buckets = round.ledger.buckets.map((bucket, i): BucketLedger => {
    const answer = answers[i] ?? null;
    if (answer === null) return bucket;
    if (answer.outcome === 'marked') return { ...bucket, fromOffset: round.commands[i]?.toOffset ?? bucket.fromOffset };
    if (answer.outcome === 'missing' || round.isAnotherLog || !isIn(log, answer.nextOffset)) {
      lost.push({ bucket: i, run: answer.run, seenOffset: answer.outcome === 'missing' ? null : answer.nextOffset });
      return bucket;
    }
    replayFrom = lowest(replayFrom ?? nextOffset, answer.nextOffset, nextOffset);
    return { ...bucket, run: answer.run, fromOffset: answer.nextOffset };
  });
  const ledger = { ...round.ledger, buckets, position: replayFrom ?? nextOffset };
  return { ledger, replayFrom, lost, resetOffset, commitOffset: commitOffsetOf(ledger, replayFrom ?? nextOffset) };
}

/** Below this no bucket needs anything. */
export const commitOffsetOf = (ledger: PartitionLedger, nextOffset: bigint): bigint =>
  lowest(nextOffset, ...ledger.buckets.map(({ fromOffset }) => fromOffset));

/**
 * The RESETs of buckets that cannot be replayed.
 *
 * @param sinceAt the primary's clock, read after the position was taken: whatever was skipped was committed before it
 */
export const resetsOf = (
  at: FeedPartition,
  nextOffset: bigint,
  lost: readonly LostBucket[],
  sinceAt: number | null,
): readonly BucketCommands<ResetCommand>[] =>
  lost.map(({ bucket, seenOffset }) => ({
    bucket,
    commands: [{ topic: at.topic, partition: at.partition, seenOffset, nextOffset, sinceAt }],
  }));

/** Learns from the answers to RESETs; a bucket that did not take it is asked again in the next round. */
export function learnResets(
  ledger: PartitionLedger,
  nextOffset: bigint,
  lost: readonly LostBucket[],
  answers: readonly (ResetAnswer | null)[],
): PartitionLedger {
  const taken = new Map(lost.filter((_, i) => answers[i] === 'reset').map(({ bucket, run }) => [bucket, run]));
  return {
    ...ledger,
    buckets: ledger.buckets.map((bucket, i) => {
      const run = taken.get(i);
      return run === undefined ? bucket : { ...bucket, run, fromOffset: nextOffset };
    }),
  };
}

/** A change in this bucket was passed over: nothing is claimed before it was replayed from what the bucket remembers. */
export const doubtBucket = (ledger: PartitionLedger, doubted: number): PartitionLedger => ({
  ...ledger,
  buckets: ledger.buckets.map((bucket, i) =>
    i === doubted ? { ...bucket, run: null, doubts: bucket.doubts + 1 } : bucket,
  ),
});

/**
 * Keeps what was learnt, but for buckets that were doubted while it was being learnt.
 *
 * @param now  the ledger as it is
 */
export const keepLesson = (learnt: PartitionLedger, now: PartitionLedger): PartitionLedger => ({
  ...learnt,
  buckets: learnt.buckets.map((bucket, i) => {
    const doubts = now.buckets[i]?.doubts ?? bucket.doubts;
    return doubts === bucket.doubts ? bucket : { ...bucket, run: null, doubts };
  }),
});
