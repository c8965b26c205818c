import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { OffsetSpan, PartitionStart } from './start-offset.ts';

/** Says and counts what an assignment passed over: one line for each partition of which there is something to say. */
export function reportStarts(
  starts: readonly PartitionStart[],
  { log, metrics, groupId }: { log: StreamLogger; metrics: StreamMetrics; groupId: string },
): void {
  for (const { topic, partition, outOfRange, skipped } of starts) {
    const at = { topic, partition };
    if (outOfRange !== null) {
      const said = { groupId, ...at, code: 'OFFSET_OUT_OF_RANGE', ...asText(outOfRange) };
      log.error('the offset to begin at is not in the log any more: the group goes on at the earliest record', said);
      // A topic that was deleted and made again begins below: then nothing that is known of was lost.
      metrics.skipped(at, Math.max(0, lengthOf(outOfRange)), 'out-of-range');
    }
    if (skipped !== null) {
      log.warn('skipped to now: the records before are too old to be worth doing', {
        groupId,
        ...at,
        ...asText(skipped),
      });
      metrics.skipped(at, lengthOf(skipped), 'skipped');
    }
  }
}

const lengthOf = ({ from, to }: OffsetSpan): number => Number(to - from);
const asText = ({ from, to }: OffsetSpan): { from: string; to: string } => ({ from: String(from), to: String(to) });
