import type { BucketMark, PartitionMark } from './port.ts';

const isLower = (now: PartitionMark | undefined, before: PartitionMark): boolean =>
  now === undefined ||
  now.nextOffset < before.nextOffset ||
  (before.untilAt !== null && (now.untilAt === null || now.untilAt < before.untilAt));

/** Does this mark say less than it said before? Marks only go up, so its bucket has another memory then. Pure. */
export const hasForgotten = (now: BucketMark, before: BucketMark): boolean =>
  now.sinceAt < before.sinceAt ||
  Object.entries(before.partitions).some(([name, mark]) => isLower(now.partitions[name], mark));
