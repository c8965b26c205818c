import { emptyMark } from './bucket-mark.ts';
import type { BucketMark, PartitionMark } from './port.ts';

/** The field of `since`. No partition's name is like it: those have a slash. */
export const SINCE_FIELD = 's';

const PARTITION_MARK = /^(0|[1-9]\d*)\|(\d*)$/;
const WHOLE = /^\d{1,16}$/;

function partitionMarkOf(text: string): PartitionMark | null {
  const [, offset, untilAt] = PARTITION_MARK.exec(text) ?? [];
  if (offset === undefined || untilAt === undefined) return null;
  return { nextOffset: BigInt(offset), untilAt: untilAt === '' ? null : Number(untilAt) };
}

/**
 * A mark as Redis holds it.
 *
 * @param fields  name, value, name, value
 * @returns       without what nobody here writes; with a `since` that cannot be read nothing is remembered
 */
export function bucketMarkOf(fields: readonly string[]): BucketMark {
  const partitions: Record<string, PartitionMark> = {};
  let sinceAt = 0;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [name = '', text = ''] = fields.slice(i, i + 2);
    if (name === SINCE_FIELD) {
      if (!WHOLE.test(text)) return emptyMark;
      sinceAt = Number(text);
      continue;
    }
    const mark = partitionMarkOf(text);
    if (mark !== null && name.includes('/')) partitions[name] = mark;
  }
  return { partitions, sinceAt };
}
