import type { OutputRecord, RunObservation } from './observation.ts';
import { placeOf } from './place.ts';

/** The records of one key in one input partition, in order: a record's place in that list, by its offset. */
type Ranks = ReadonlyMap<number, number>;

const streamOf = (key: string, partition: number): string => `${partition} ${key}`;

function ranksByStream({ input, endedOtherwise = [] }: RunObservation): Map<string, Map<number, number>> {
  const ended = new Set(endedOtherwise.map(placeOf));
  const streams = new Map<string, Map<number, number>>();
  for (const { key, partition, offset } of input) {
    if (ended.has(placeOf({ partition, offset }))) continue;
    const name = streamOf(key, partition);
    const ranks = streams.get(name) ?? new Map<number, number>();
    ranks.set(offset, ranks.size);
    streams.set(name, ranks);
  }
  return streams;
}

function outputByStream({ output }: RunObservation): Map<string, OutputRecord[]> {
  const streams = new Map<string, OutputRecord[]>();
  for (const record of output) {
    const name = streamOf(record.key, record.partition);
    const list = streams.get(name);
    if (list === undefined) streams.set(name, [record]);
    else list.push(record);
  }
  return streams;
}

/**
 * Two rules for the records of one key. The first occurrences are in the order of the input, none left out. And an assignment of a member goes on
 * from record to record: it may begin anywhere and go back to repeat, but it leaps over none.
 */
export function findOrderViolations(observation: RunObservation): string[] {
  const ranks = ranksByStream(observation);
  return [...outputByStream(observation)].flatMap(([stream, records]) =>
    violationsOfStream(stream, records, ranks.get(stream) ?? new Map()),
  );
}

function violationsOfStream(stream: string, records: readonly OutputRecord[], ranks: Ranks): string[] {
  const violations: string[] = [];
  const lastOf = new Map<string, number>();
  let highest = -1;
  for (const { offset, member, assignment } of records) {
    const rank = ranks.get(offset);
    if (rank === undefined) continue;
    const by = `${member}#${assignment}`;
    const last = lastOf.get(by) ?? rank;
    if (rank > highest + 1)
      violations.push(`(${stream}) record ${rank} came before record ${highest + 1}, made by ${by}`);
    else if (rank > last + 1) violations.push(`(${stream}) ${by} went from record ${last} to ${rank}`);
    highest = Math.max(highest, rank);
    lastOf.set(by, rank);
  }
  return violations;
}
