import type { InputRecord, OutputRecord, RunObservation } from './observation.ts';
import { placeOf } from './place.ts';

/** The earliest output of each record of the input. */
function firstOutputs({ output }: RunObservation): Map<number, OutputRecord> {
  const first = new Map<number, OutputRecord>();
  for (const record of output) {
    const place = placeOf(record);
    const known = first.get(place);
    const isEarlier =
      known === undefined ||
      (known.outputPartition === record.outputPartition && record.outputOffset < known.outputOffset);
    if (isEarlier) first.set(place, record);
  }
  return first;
}

/**
 * Commits that ran ahead: a committed offset below which lies a record whose output was not in the log when the offset was; one past the end of
 * the input; one that went back, which only somebody can have done who no longer owned the partition.
 */
export function findOvercommits(observation: RunObservation): string[] {
  const first = firstOutputs(observation);
  const ended = new Set((observation.endedOtherwise ?? []).map(placeOf));
  const partitions = new Map<number, InputRecord[]>();
  for (const record of observation.input) {
    const list = partitions.get(record.partition);
    if (list === undefined) partitions.set(record.partition, [record]);
    else list.push(record);
  }
  return [...partitions].flatMap(([partition, records]) => {
    const unended = records.filter((record) => !ended.has(placeOf(record)));
    const end = (records.at(-1)?.offset ?? -1) + 1;
    return violationsOfPartition(observation, { partition, records: unended, first, end });
  });
}

interface PartitionView {
  readonly partition: number;
  readonly records: readonly InputRecord[];
  readonly first: ReadonlyMap<number, OutputRecord>;
  readonly end: number;
}

function violationsOfPartition({ samples }: RunObservation, view: PartitionView): string[] {
  const { partition, records, first, end } = view;
  const violations: string[] = [];
  /** By output partition: how far its log must reach for what was committed so far. */
  const needed = new Map<number, number>();
  let taken = 0;
  let before = -1;
  for (const { committed, outputEnds } of samples) {
    const now = committed[partition] ?? -1;
    if (now < before) violations.push(`partition ${partition} went back from ${before} to ${now}`);
    if (now > end) violations.push(`partition ${partition} at ${now}, past the end ${end}`);
    before = now;
    for (let record = records[taken]; record !== undefined && record.offset < now; record = records[(taken += 1)]) {
      const output = first.get(placeOf(record));
      if (output === undefined) violations.push(`partition ${partition} at ${now}, and ${record.offset} has no output`);
      else needed.set(output.outputPartition, Math.max(needed.get(output.outputPartition) ?? 0, output.outputOffset));
    }
    for (const [outputPartition, offset] of needed) {
      const outputEnd = outputEnds[outputPartition] ?? 0;
      if (offset >= outputEnd) {
        violations.push(
          `partition ${partition} at ${now}, and an output of it came later (${outputPartition}/${offset})`,
        );
        needed.delete(outputPartition);
      }
    }
  }
  return violations;
}
