import type { BucketMark } from './port.ts';

/**
 * The time up to which one topic is applied to a bucket, by what its mark says of each partition. Pure.
 *
 * Nobody else lists the partitions of a topic that the relay does not write: those that are marked count, and a gap between them
 * is a partition that nobody marks.
 *
 * @returns -Infinity if it is not known of every partition
 */
export function estimatesUntilOf(mark: BucketMark, topic: string): number {
  const marked = Object.entries(mark.partitions).filter(([name]) => name.startsWith(`${topic}/`));
  const isWhole = marked.length > 0 && marked.every((_, at) => `${topic}/${at}` in mark.partitions);
  if (!isWhole) return Number.NEGATIVE_INFINITY;
  return Math.min(...marked.map(([, { untilAt }]) => untilAt ?? Number.NEGATIVE_INFINITY));
}
