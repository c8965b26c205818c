import type { LogReader, LogRecord, Position } from './log-reader.ts';

const WAIT_MS = 500;
const PARTITION_BYTES_MAX = 1024 * 1024;

/** A part of a partition: from `offset` up to, and without, `end`; without an end it is followed. */
export interface Stretch extends Position {
  readonly end?: number;
}

export interface ReadOptions {
  readonly isolation?: 'committed' | 'all';
  /** Ends the reading, at the latest when the fetch under way is answered. */
  readonly signal?: AbortSignal;
  /** Told how many offsets were passed. */
  readonly onPassed?: (offsets: number) => void;
}

/**
 * Reads stretches of partitions, in the order of the log in each; side by side, in no order, among them.
 *
 * @returns what each fetch brought; ends when every stretch has been read, or with the signal
 * @throws {CliError} KAFKA_UNREACHABLE
 */
export async function* readRecords(
  reader: LogReader,
  stretches: readonly Stretch[],
  { isolation = 'all', signal, onPassed = () => undefined }: ReadOptions = {},
): AsyncGenerator<LogRecord[]> {
  let open = stretches.filter(({ offset, end }) => end === undefined || offset < end);
  const options = { waitMs: WAIT_MS, partitionBytesMax: PARTITION_BYTES_MAX, isolation };
  while (open.length > 0 && signal?.aborted !== true) {
    const fetched = await reader.fetch(open, options);
    const found = fetched.flatMap(({ topic, partition, records }) => {
      const end = stretchOf(open, { topic, partition })?.end ?? Infinity;
      return records.filter(({ offset }) => offset < end);
    });
    if (found.length > 0) yield found;
    open = open.flatMap((stretch) => {
      const answer = stretchOf(fetched, stretch);
      if (answer === undefined) return [stretch];
      onPassed(Math.min(answer.next, stretch.end ?? Infinity) - stretch.offset);
      // An end that no transaction lets us read yet is not waited for.
      const end = stretch.end === undefined ? Infinity : Math.min(stretch.end, answer.readableEnd);
      return answer.next >= end ? [] : [{ ...stretch, offset: answer.next }];
    });
  }
}

const stretchOf = <T extends { topic: string; partition: number }>(
  among: readonly T[],
  { topic, partition }: { topic: string; partition: number },
): T | undefined => among.find((each) => each.topic === topic && each.partition === partition);
