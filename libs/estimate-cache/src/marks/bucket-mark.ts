import type { BucketMark, FeedPartition } from './port.ts';

/** A bucket that remembers nothing. */
export const emptyMark: BucketMark = { partitions: {}, sinceAt: 0 };

/** `<topic>/<partition>`: the field of a mark. Neither holds a slash or a space. */
export const feedPartitionName = ({ topic, partition }: FeedPartition): string => `${topic}/${partition}`;

/** What a command leaves behind, and what it answers. */
export interface MarkStep<A> {
  readonly state: BucketMark;
  readonly answer: A;
}
