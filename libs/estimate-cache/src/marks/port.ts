import type { FeedMark } from '../freshness.ts';

/**
 * Marks: what each bucket of Redis says it remembers of the change topics. One hash a bucket, `e1:{<bucket>}:k`, no TTL.
 *
 * The invalidator writes them through `FeedMarks`, estimate-api reads them through `Watermarks`; both stand on a
 * `MarkStore`, which is Redis or memory. Instants are UTC milliseconds by the PostgreSQL primary's clock.
 */

/** A partition of a change topic. */
export interface FeedPartition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * "On the server that was `run`, all of [fromOffset, toOffset) is applied, and with it every change of the database up to
 * `untilAt`." Of a topic that the database does not write: and with it all that lay in this partition at `untilAt`.
 */
export interface MarkCommand extends FeedPartition {
  /** The run of the server as it was learnt before `fromOffset` was begun; null: not known, so nothing can be claimed. */
  readonly run: string | null;
  readonly fromOffset: bigint;
  readonly toOffset: bigint;
  /** T; null: nothing is said of it now. */
  readonly untilAt: number | null;
}

/**
 * `marked`: stored, or stored already was more. `changed`: the server is another, or holds another memory, than the one that
 * was named. `lower`: it remembers less than `fromOffset`. `missing`: it remembers nothing of this partition.
 * After `changed` and `lower` whatever was begun counts as not applied from `nextOffset` on.
 */
export type MarkAnswer =
  | { readonly outcome: 'marked'; readonly nextOffset: bigint }
  | { readonly outcome: 'changed' | 'lower'; readonly run: string; readonly nextOffset: bigint }
  | { readonly outcome: 'missing'; readonly run: string };

/** Takes the position as it is: for a mark that is missing, or whose offset the log no longer has. */
export interface ResetCommand extends FeedPartition {
  /** What was remembered when it was found to be of no use; null: nothing. */
  readonly seenOffset: bigint | null;
  readonly nextOffset: bigint;
  /** Read from the primary after the position was taken; null for topics that the database does not write. */
  readonly sinceAt: number | null;
}

/** `kept`: the bucket remembers something else by now, and nothing was stored. */
export type ResetAnswer = 'reset' | 'kept';

/** Commands on the mark of one bucket. */
export interface BucketCommands<C> {
  readonly bucket: number;
  readonly commands: readonly C[];
}

/** What a bucket remembers of one partition. */
export interface PartitionMark {
  /** Everything below is applied. */
  readonly nextOffset: bigint;
  /** Every change of the database up to here that went to this partition is applied, or all that lay in it then; null: not known. */
  readonly untilAt: number | null;
}

/** What one bucket remembers. */
export interface BucketMark {
  /** By `feedPartitionName`. */
  readonly partitions: Readonly<Record<string, PartitionMark>>;
  /** What was checked before this is not covered by the feed; 0: everything is. */
  readonly sinceAt: number;
}

/** A mark as it was read, and of whose memory it is. */
export interface MarkReading extends BucketMark {
  /** Of the server that has the bucket: another after each start and after each promotion, whoever stands in between. */
  readonly run: string;
}

/**
 * The marks of all buckets. A bucket that cannot be reached gives null, and never hinders another.
 * An error that no wait mends is thrown.
 *
 * @throws {CacheFault} (fate crash)
 */
export interface MarkStore {
  /** One answer for each command, in the order given. */
  mark(buckets: readonly BucketCommands<MarkCommand>[]): Promise<(readonly MarkAnswer[] | null)[]>;
  reset(buckets: readonly BucketCommands<ResetCommand>[]): Promise<(readonly ResetAnswer[] | null)[]>;
  /** Never lowers. @returns the buckets that were not reached */
  raiseSince(sinceAt: number): Promise<readonly number[]>;
  /**
   * All buckets in order, from the primaries that hits are read from. Buckets that say the same may share one object, which is
   * nobody's to change.
   */
  read(): Promise<(MarkReading | null)[]>;
  /** How many connections to Redis were lost so far. A reading from before the last loss may be of another memory. */
  connectionsLost(): number;
}

/** Where a partition stands in this process. */
export interface FeedPosition extends FeedPartition {
  /** Everything below is applied. After a `replay` it counts from there again. */
  readonly nextOffset: bigint;
  /** T, read from the relay's row (or the primary's clock, read with it), and the end of the partition, asked for after that; null: not known. */
  readonly until: FeedUntil | null;
  /**
   * What the log holds: [start, end); asked for after `nextOffset` was looked at, and its end after T. One that cannot be asked
   * now leaves its partition out of this round: with an old answer the log would look like another.
   */
  readonly log: LogRange;
}

/** T holds once everything below `endOffset` is applied. */
export interface FeedUntil {
  readonly at: number;
  readonly endOffset: bigint;
}

export interface LogRange {
  readonly startOffset: bigint;
  readonly endOffset: bigint;
}

/** What became of one partition's marks. */
export interface FeedVerdict extends FeedPartition {
  /** Below this nothing is needed any more: the lowest over the buckets. */
  readonly commitOffset: bigint;
  /** Where it was begun again, since a memory had changed; null: nowhere. */
  readonly replayedFrom: bigint | null;
  /** Buckets by what they said. */
  readonly buckets: Readonly<Record<MarkAnswer['outcome'] | 'unreachable', number>>;
  /** Buckets that took the position and a new `since`, since what they remember was missing or is not in the log. */
  readonly resets: number;
}

/**
 * The writer's side, one object a process. Calls never overlap.
 *
 * @throws whatever `replay` and the primary's clock throw; what was learnt is kept, so the call may be repeated
 */
export interface FeedMarks {
  /**
   * Begins a partition, before its first record is applied.
   *
   * @param at           its log, and the offset to begin at where no bucket knows better (the committed one)
   * @returns            the offset to begin at: the lowest that a bucket remembers
   */
  begin(
    at: FeedPartition & { readonly log: LogRange; readonly committedOffset: bigint; readonly hasTime: boolean },
  ): Promise<bigint>;
  /** Once a second, with or without traffic, for the partitions that were begun: the others are left out. */
  mark(positions: readonly FeedPosition[]): Promise<FeedVerdict[]>;
  /** A change in this bucket could not be applied and was passed over: the bucket claims nothing until it was replayed. */
  doubt(at: FeedPartition, bucket: number): void;
  /** The partition is another's now. */
  end(at: FeedPartition): void;
  /**
   * A change that names no home: everything in the cache is checked once more. Before the record counts as applied.
   *
   * @throws {CacheUnavailable} (fate retry) unless every bucket has taken it
   */
  raiseSince(): Promise<void>;
}

/** The relay's row in PostgreSQL: T, and the partitions that a change before T may have gone to. */
export interface FeedProgress {
  readonly publishedUntilAt: number;
  /** Partition count by topic. */
  readonly partitions: Readonly<Record<string, number>>;
}

/** The reader's side, one object a process. */
export interface Watermarks {
  /** One reading of all marks and of the relay's row; what fails lets the last one age. Never rejects, never overlaps. */
  poll(): Promise<void>;
  /** Polls at once and then every `pollMs` from the end of one round to the begin of the next. */
  start(): void;
  stop(): void;
  /**
   * What is believed now: taken before values are read from Redis, asked after that. A reading that came in between may know
   * of changes that a value does not.
   *
   * @returns the mark to give to `freshnessOf` with a value of this home; null: nothing is known
   */
  taken(): (propertyId: string) => FeedMark | null;
  /**
   * The time up to which `estimate.updated` is applied to this home's bucket, by the primary's clock; -Infinity: nobody has said.
   * What was read last, also when it is old: unlike facts an estimate may be minutes late, and nothing is hidden by it.
   */
  estimatesUntilAt(propertyId: string): number;
}

/** What a poll saw, for metrics. */
export interface WatermarksReport {
  readonly bucketsUnreachable: number;
  /** Buckets that lack a mark of a partition that the relay writes. */
  readonly bucketsUnmarked: number;
  /** The lowest watermark over all buckets that have one; null: none has. */
  readonly lowestAt: number | null;
  /** The lowest time up to which `estimate.updated` is applied, over all buckets; null: one of them does not say. */
  readonly estimatesUntilAt: number | null;
  /** Why the relay's row was not read; null: it was. */
  readonly progressError: unknown;
}
