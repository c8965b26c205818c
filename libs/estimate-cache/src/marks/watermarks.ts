import { CLOCK_SLACK_MS, type FeedMark } from '../freshness.ts';
import { BUCKETS, bucketOf } from '../keys.ts';
import { estimatesUntilOf } from './estimates-until.ts';
import { hasForgotten } from './has-forgotten.ts';
import { onceForEach } from './once-for-each.ts';
import type { BucketMark, FeedProgress, MarkReading, MarkStore, Watermarks, WatermarksReport } from './port.ts';
import { feedMarkOf } from './watermark.ts';

/** Milliseconds between two readings of the marks: what a viewer may be late after a memory was lost. */
export const MARKS_POLL_MS = 1_000;

export interface WatermarksOptions {
  readonly store: Pick<MarkStore, 'read' | 'connectionsLost'>;
  /** The relay's row; null before its first whole round. */
  readonly progress: () => Promise<FeedProgress | null>;
  /** The primary's clock; Infinity: not known. */
  readonly databaseNow: () => number;
  readonly clock: { after(delayMs: number, run: () => void): { cancel(): void } };
  readonly pollMs?: number;
  readonly onPoll?: (report: WatermarksReport) => void;
  /** The topic of new estimates, which the relay does not write: it vouches for no facts. Default: nobody asks for it. */
  readonly estimatesTopic?: string;
  /** A fault of Redis that no wait mends; polling goes on. */
  readonly onFault?: (error: unknown) => void;
}

/** What was read last of one bucket. */
interface Reading {
  readonly mark: MarkReading;
  /** How many connections had been lost when it was asked for. */
  readonly connectionsLost: number;
  /** When it was last seen that its memory may be another one; at the latest when it was read first. */
  readonly forgotAt: number;
  /** The latest T, if it was of the future when it was first seen: it counts for nothing, also when its time has come. */
  readonly futureAt: number | null;
}

/** No topic's name, so no partition's either. */
const NO_TOPIC = '';

/** @param estimatesTopic that is late for its own reasons, and says nothing of facts */
const latestOf = ({ partitions }: BucketMark, estimatesTopic: string): number =>
  Math.max(
    ...Object.entries(partitions).map(([name, { untilAt }]) =>
      untilAt === null || name.startsWith(`${estimatesTopic}/`) ? Number.NEGATIVE_INFINITY : untilAt,
    ),
  );

/** What one round has found of the marks, each looked at once however many buckets share it. */
const createLooks = (estimatesTopic: string) => ({
  latestOf: onceForEach((mark: BucketMark) => latestOf(mark, estimatesTopic)),
  estimatesUntilOf: onceForEach((mark: BucketMark) => estimatesUntilOf(mark, estimatesTopic)),
  hasForgotten: onceForEach((now: MarkReading) => onceForEach((before: MarkReading) => hasForgotten(now, before))),
});

interface RoundOfMarks {
  /** How many connections had been lost when the marks were asked for. */
  readonly connectionsLost: number;
  readonly looks: ReturnType<typeof createLooks>;
}

/** Covers nothing: a value is as good as its own check. */
const NO_MARK: FeedMark = { watermarkAt: Number.NEGATIVE_INFINITY, sinceAt: Number.POSITIVE_INFINITY };

class MarkPoller {
  readonly #options: WatermarksOptions;
  readonly #estimatesTopic: string;
  #readings: readonly (Reading | null)[] = Array.from({ length: BUCKETS }, () => null);
  #progress: FeedProgress | null = null;
  #feedMarks: readonly (FeedMark | null)[] = [];
  #estimatesUntil: readonly number[] = [];
  #round: Promise<void> | null = null;

  constructor(options: WatermarksOptions) {
    this.#options = options;
    this.#estimatesTopic = options.estimatesTopic ?? NO_TOPIC;
  }

  poll(): Promise<void> {
    this.#round ??= this.#read().finally(() => (this.#round = null));
    return this.#round;
  }

  /** A reading from before a lost connection may be of a memory that is no more: that is looked at last. */
  taken(): (propertyId: string) => FeedMark | null {
    const readings = this.#readings;
    const feedMarks = this.#feedMarks;
    const { store } = this.#options;
    return (propertyId) => {
      const bucket = bucketOf(propertyId);
      return readings[bucket]?.connectionsLost === store.connectionsLost() ? (feedMarks[bucket] ?? null) : null;
    };
  }

  /** A T of the future was written before the primary's clock was set back: it says nothing. */
  estimatesUntilAt(bucket: number): number {
    const untilAt = this.#estimatesUntil[bucket] ?? Number.NEGATIVE_INFINITY;
    return untilAt > this.#options.databaseNow() + CLOCK_SLACK_MS ? Number.NEGATIVE_INFINITY : untilAt;
  }

  async #read(): Promise<void> {
    const { store, onPoll = () => {} } = this.#options;
    const connectionsLost = store.connectionsLost();
    const reading = this.#readProgress();
    const marks = await this.#readMarks();
    const looks = createLooks(this.#estimatesTopic);
    this.#readings = this.#readings.map((last, bucket) => {
      const mark = marks[bucket] ?? null;
      return mark === null ? last : this.#readingOf(mark, last, { connectionsLost, looks });
    });
    this.#estimatesUntil = this.#readings.map((reading) =>
      reading === null ? Number.NEGATIVE_INFINITY : looks.estimatesUntilOf(reading.mark),
    );
    this.#judge(); // a memory that was lost is known at once, however long the database takes
    const progressError = await reading;
    const feedMarks = this.#judge();
    const known = feedMarks.filter((each) => each !== null);
    const estimatesUntilAt = Math.min(...this.#readings.map((_, bucket) => this.estimatesUntilAt(bucket)));
    onPoll({
      bucketsUnreachable: BUCKETS - marks.filter((mark) => mark !== null).length,
      bucketsUnmarked: BUCKETS - known.length,
      lowestAt: known.length === 0 ? null : Math.min(...known.map(({ watermarkAt }) => watermarkAt)),
      estimatesUntilAt: Number.isFinite(estimatesUntilAt) ? estimatesUntilAt : null,
      progressError,
    });
  }

  /** What the readings say under the row as it is known. @returns those that have a watermark; null: none */
  #judge(): readonly (FeedMark | null)[] {
    const progress = this.#progress;
    const saidBy = onceForEach((mark: MarkReading) => progress && feedMarkOf(mark, progress));
    const feedMarks = this.#readings.map((reading) => (reading?.futureAt === null ? saidBy(reading.mark) : null));
    this.#feedMarks = this.#readings.map(
      (reading, bucket) => reading && { ...(feedMarks[bucket] ?? NO_MARK), forgotAt: reading.forgotAt },
    );
    return feedMarks;
  }

  /**
   * A bucket that is on another run or says less than before has another memory, and one that was read on a lost connection may have: changes that
   * were acknowledged may be forgotten there, and its old marks are right of what it holds, but not of what had been shown. So may one that
   * is read for the first time: what there was before this process began, nobody here has seen.
   */
  #readingOf(mark: MarkReading, last: Reading | null, { connectionsLost, looks }: RoundOfMarks): Reading {
    const mayHaveForgotten =
      last === null ||
      last.connectionsLost !== connectionsLost ||
      last.forgotAt === Number.POSITIVE_INFINITY ||
      looks.hasForgotten(mark)(last.mark);
    const forgotAt = mayHaveForgotten ? this.#options.databaseNow() : last.forgotAt;
    return { mark, connectionsLost, forgotAt, futureAt: this.#futureOf(looks.latestOf(mark), last) };
  }

  /**
   * The primary's clock was set back: a T of before says that the feed is alive until the clock has caught up with it, though
   * nobody may have applied anything since. The next T that a living feed writes is of the clock as it is.
   */
  #futureOf(latestAt: number, last: Reading | null): number | null {
    const isStillThat = last !== null && last.futureAt === latestAt;
    return isStillThat || latestAt > this.#options.databaseNow() + CLOCK_SLACK_MS ? latestAt : null;
  }

  async #readMarks(): Promise<readonly (MarkReading | null)[]> {
    try {
      return await this.#options.store.read();
    } catch (error) {
      this.#options.onFault?.(error);
      return [];
    }
  }

  /** @returns why it could not be read; null: it was */
  async #readProgress(): Promise<unknown> {
    try {
      this.#progress = await this.#options.progress();
      return null;
    } catch (error) {
      return error ?? new Error('the relay does not answer');
    }
  }
}

/** The marks as estimate-api believes them: read once a second, looked at with every hit. */
export function createWatermarks(options: WatermarksOptions): Watermarks {
  const { clock, pollMs = MARKS_POLL_MS } = options;
  const poller = new MarkPoller(options);
  let next: { cancel(): void } | null = null;
  let started = 0;
  const again = async (mine: number): Promise<void> => {
    await poller.poll();
    if (mine === started) next = clock.after(pollMs, () => void again(mine));
  };
  return {
    poll: () => poller.poll(),
    start() {
      next?.cancel();
      started += 1;
      void again(started);
    },
    stop() {
      next?.cancel();
      started += 1;
    },
    taken: () => poller.taken(),
    estimatesUntilAt: (propertyId) => poller.estimatesUntilAt(bucketOf(propertyId)),
  };
}
