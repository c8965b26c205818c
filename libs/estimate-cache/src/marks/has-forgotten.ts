import type { MarkReading, PartitionMark } from './port.ts';

const isLower = (now: PartitionMark | undefined, before: PartitionMark): boolean =>
  now === undefined ||
  now.nextOffset < before.nextOffset ||
  (before.untilAt !== null && (now.untilAt === null || now.untilAt < before.untilAt));

/**
 * May its bucket have another memory than before? It is read on another run, or says less: marks only go up. An equal mark on
 * another run is no proof of anything: what was written between the mark and the end of that memory may be gone. Pure.
 */
export const hasForgotten = (now: MarkReading, before: MarkReading): boolean =>
  now.run !== before.run ||
  now.sinceAt < before.sinceAt ||
  Object.entries(before.partitions).some(([name, mark]) => isLower(now.partitions[name], mark));
