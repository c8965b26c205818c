import { CliError } from '../cli-error.ts';
import type { LogReader } from '../kafka/log-reader.ts';
import { readRecords, type Stretch } from '../kafka/read-records.ts';
import { deadLetterIn, type DeadLetter } from './dead-letter.ts';

/** @returns the stretches of a dead-letter topic as it is now: what is parked meanwhile is not in them @throws {CliError} TOPIC_UNKNOWN */
export async function lettersNow(reader: LogReader, topic: string): Promise<Stretch[]> {
  const bounds = await reader.boundsOf(topic);
  if (bounds === undefined)
    throw new CliError(
      'TOPIC_UNKNOWN',
      `there is no topic ${topic}: is the group's name right, and was npx porchlight topics apply run?`,
    );
  return bounds.map(({ partition, low, end }) => ({ topic, partition, offset: low, end }));
}

/** @returns how many offsets stretches with an end span */
export const offsetsIn = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { offset, end = offset }) => sum + Math.max(0, end - offset), 0);

/** Reads dead letters, a few at a time. */
export async function* readLetters(
  reader: LogReader,
  stretches: readonly Stretch[],
  options: { signal?: AbortSignal; onPassed?: (offsets: number) => void } = {},
): AsyncGenerator<DeadLetter[]> {
  for await (const records of readRecords(reader, stretches, options)) yield records.map(deadLetterIn);
}

/** @returns these letters again, bytes and all, in the order given; one that retention took meanwhile is missing */
export async function lettersAt(
  reader: LogReader,
  topic: string,
  at: readonly { readonly partition: number; readonly offset: number; readonly id: string }[],
): Promise<DeadLetter[]> {
  const stretches = [...Map.groupBy(at, ({ partition }) => partition)].map(([partition, each]) => {
    const offsets = each.map(({ offset }) => offset);
    return { topic, partition, offset: Math.min(...offsets), end: Math.max(...offsets) + 1 };
  });
  const found = new Map<string, DeadLetter>();
  for await (const letters of readLetters(reader, stretches))
    for (const letter of letters) found.set(letter.id, letter);
  return at.flatMap(({ id }) => found.get(id) ?? []);
}
