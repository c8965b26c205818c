import {
  createFeedMarks,
  feedPartitionName,
  type FeedMarks,
  type FeedPosition,
  type FeedVerdict,
  type MarkStore,
} from '@porchlight/estimate-cache';
import type { RelayProgress, RelayProgressReader } from '@porchlight/property-catalog';
import type { AssignedRange, LogRange, PartitionPosition, StreamPositions, TopicPartition } from '@porchlight/stream';
import { AppliedUntil } from './applied-until.ts';
import { watchBuckets, type WatchedStore } from './away-buckets.ts';

/** What became of the mark of one bucket, or of all that it remembers of one partition. */
export type MarkOutcome = 'marked' | 'changed' | 'lower' | 'missing' | 'unreachable' | 'reset';

/** What a round of marks tells; nothing here may throw. */
export interface FeedReport {
  marked(outcome: MarkOutcome, marks: number): void;
  /** So many records come again, because a bucket has forgotten them. */
  replayed(at: TopicPartition, records: number): void;
  /** Changes that a bucket has forgotten are in the log no more: everything there is checked once more. An alert. */
  lost(at: TopicPartition, buckets: number): void;
  /** Every change up to here is applied in all partitions of this process that the database writes; null: not known. */
  appliedUntil(at: number | null): void;
}

export interface ChangeFeedPorts {
  readonly store: MarkStore;
  readonly relay: RelayProgressReader;
  /** The primary's clock, UTC milliseconds. */
  readonly databaseNow: () => Promise<number>;
  /** Topics that catalog-relay writes: T is the relay's. The others are dated by the primary's clock itself. */
  readonly timedTopics: readonly string[];
  readonly report: FeedReport;
}

/** What the tasks ask of the marks. */
export interface FeedHooks {
  startAt(at: TopicPartition, range: AssignedRange): Promise<bigint>;
  commitAtMost(at: TopicPartition): bigint | null;
  /** True for a bucket that cannot be reached while others can. */
  isAway(bucket: number): boolean;
  /** A change in this bucket is passed over: it is replayed once the bucket can be reached again. */
  passOver(at: TopicPartition, bucket: number): void;
  /** Everything in the cache is checked once more. @throws {CacheUnavailable} (retry) unless every bucket has taken it */
  raiseSince(): Promise<void>;
}

/**
 * The invalidator's side of the marks: tells every bucket of Redis how far its partitions are applied, and lets it be replayed what it has forgotten.
 *
 * The order of a round is its proof: T is read first, then how far each partition is applied, then what its log holds. So whatever was committed before T
 * lies below that end, and whoever has applied up to it has applied it; and a log that begins behind the place that was taken was leapt over.
 */
export class ChangeFeed implements FeedHooks {
  readonly #ports: ChangeFeedPorts;
  readonly #watched: WatchedStore;
  readonly #marks: FeedMarks;
  readonly #timed: ReadonlySet<string>;
  /** By partition: below it no bucket needs anything. */
  readonly #committable = new Map<string, bigint>();
  readonly #applied = new AppliedUntil();
  #app: StreamPositions | undefined;
  /** One reading serves all resets of a round: every position was taken before it. */
  #nowOfRound: Promise<number> | undefined;

  constructor(ports: ChangeFeedPorts) {
    this.#ports = ports;
    this.#timed = new Set(ports.timedTopics);
    this.#watched = watchBuckets(ports.store);
    this.#marks = createFeedMarks({
      store: this.#watched.store,
      databaseNow: () => (this.#nowOfRound ??= ports.databaseNow()),
      replay: (at, fromOffset) => this.#replay(at, fromOffset),
    });
  }

  /** Whose positions are marked. Before it nothing is. */
  attach(app: StreamPositions): void {
    this.#app = app;
  }

  // ---- what the tasks ask ----

  /** The lowest offset that a bucket remembers; while none answers, the group's own, which is no higher. */
  async startAt(at: TopicPartition, { committed, earliest, end }: AssignedRange): Promise<bigint> {
    const log = { startOffset: earliest, endOffset: end };
    const hasTime = this.#timed.has(at.topic);
    const from = await this.#marks.begin({ ...at, log, committedOffset: committed ?? earliest, hasTime });
    this.#committable.set(feedPartitionName(at), from);
    return from;
  }

  commitAtMost(at: TopicPartition): bigint | null {
    return this.#committable.get(feedPartitionName(at)) ?? null;
  }

  isAway(bucket: number): boolean {
    return this.#watched.isAway(bucket);
  }

  passOver(at: TopicPartition, bucket: number): void {
    this.#marks.doubt(at, bucket);
  }

  async raiseSince(): Promise<void> {
    this.#nowOfRound = undefined; // what a round has read may be older than the change
    await this.#marks.raiseSince();
  }

  // ---- once a second ----

  /**
   * Marks every bucket with what this process has; a partition that was lost meanwhile is left out.
   *
   * @throws with fate `retry` or `park` what the next round may find mended
   */
  async round(): Promise<void> {
    const app = this.#app;
    const owned = app?.positions() ?? [];
    this.#applied.keep(new Set(owned.map(feedPartitionName)));
    if (app === undefined || owned.length === 0) return this.#ports.report.appliedUntil(null);
    const progress = await this.#readProgress();
    const taken = app.positions();
    const ranges = await app.rangesOf(taken);
    this.#nowOfRound = undefined;
    const positions = this.#positionsOf(stillAssigned(taken, app.positions()), rangeFinder(taken, ranges), progress);
    for (const verdict of await this.#marks.mark(positions)) this.#learn(verdict);
  }

  /** Without T there are offsets: T ages, and whoever reads it checks its hits. */
  async #readProgress(): Promise<RelayProgress | null> {
    try {
      return await this.#ports.relay.relayProgress();
    } catch {
      return null;
    }
  }

  #positionsOf(
    taken: readonly PartitionPosition[],
    rangeOf: (at: TopicPartition) => LogRange | undefined,
    progress: RelayProgress | null,
  ): FeedPosition[] {
    const positions = taken.flatMap((at): FeedPosition[] => {
      const range = rangeOf(at);
      if (range === undefined) return [];
      const { topic, partition, appliedOffset } = at;
      const log = { startOffset: range.earliest, endOffset: range.end };
      const isRelays = this.#timed.has(topic);
      // What others write is in the log, or not yet: whoever has applied what was there at `readAt` is no later than that.
      const until = progress && {
        at: isRelays ? progress.publishedUntilAt : progress.readAt,
        endOffset: range.end,
      };
      this.#applied.note(feedPartitionName(at), isRelays ? until : null, appliedOffset);
      return [{ topic, partition, nextOffset: appliedOffset, until, log }];
    });
    this.#ports.report.appliedUntil(this.#applied.lowestAt);
    return positions;
  }

  #learn({ topic, partition, commitOffset, buckets, resets }: FeedVerdict): void {
    const at = { topic, partition };
    const { report } = this.#ports;
    this.#committable.set(feedPartitionName(at), commitOffset);
    for (const [outcome, marks] of Object.entries(buckets)) if (marks > 0) report.marked(outcome as MarkOutcome, marks);
    if (resets > 0) report.marked('reset', resets);
    // A mark that is missing is a memory that is new. One that names what the log no longer has has outlived its changes.
    if (resets > buckets.missing) report.lost(at, resets - buckets.missing);
  }

  async #replay(at: TopicPartition, fromOffset: bigint): Promise<void> {
    const { topic, partition } = at;
    const found = this.#app?.positions().find((each) => each.topic === topic && each.partition === partition);
    await this.#app?.rewind({ topic, partition }, fromOffset);
    const records = found === undefined ? 0 : Number(found.appliedOffset - fromOffset);
    if (records > 0) this.#ports.report.replayed(at, records);
  }
}

/** Those of the same assignment now: what came, or came again, while the log was asked is the next round's. */
function stillAssigned(
  taken: readonly PartitionPosition[],
  now: readonly PartitionPosition[],
): readonly PartitionPosition[] {
  const assignments = new Map(now.map((at) => [feedPartitionName(at), at.assignment]));
  return taken.filter((at) => assignments.get(feedPartitionName(at)) === at.assignment);
}

/** By partition. */
function rangeFinder(owned: readonly TopicPartition[], ranges: readonly LogRange[]) {
  const found = new Map(owned.map((at, index) => [feedPartitionName(at), ranges[index]]));
  return (at: TopicPartition): LogRange | undefined => found.get(feedPartitionName(at));
}
