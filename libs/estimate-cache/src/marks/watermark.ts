import type { FeedMark } from '../freshness.ts';
import { feedPartitionName } from './bucket-mark.ts';
import type { BucketMark, FeedProgress } from './port.ts';

/**
 * What a bucket's mark says to a reader: the lowest T over every partition that the relay writes.
 *
 * The row's list of partitions is whole for changes up to the row's own T and no further (a topic may have grown since), so
 * a mark is believed up to there.
 *
 * @returns null if a partition is not marked, or nobody said up to when
 */
export function feedMarkOf(mark: BucketMark, progress: FeedProgress): FeedMark | null {
  let watermarkAt = progress.publishedUntilAt;
  for (const [topic, count] of Object.entries(progress.partitions)) {
    for (let partition = 0; partition < count; partition += 1) {
      const untilAt = mark.partitions[feedPartitionName({ topic, partition })]?.untilAt ?? null;
      if (untilAt === null) return null;
      watermarkAt = Math.min(watermarkAt, untilAt);
    }
  }
  return { watermarkAt, sinceAt: mark.sinceAt };
}
