import type { LogReader, Position } from '../kafka/log-reader.ts';
import { parseInstant } from '../terminal/parse-instant.ts';
import { parseOffsets } from '../terminal/parse-offsets.ts';
import { CliError } from '../cli-error.ts';

/** Where a tail begins. */
export type TailStart =
  | { readonly kind: 'earliest' }
  /** `back` records of each partition before its end. */
  | { readonly kind: 'latest'; readonly back: number }
  /** UTC milliseconds. */
  | { readonly kind: 'time'; readonly at: number }
  /** By partition; others begin at their end. */
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<number, number> };

const LATEST = /^latest(?:-(\d{1,9}))?$/;

/** @param text `earliest`, `latest`, `latest-20`, `0=123,1=456`, or a time @returns undefined if it is none of these */
export function parseTailStart(text: string, now: number): TailStart | undefined {
  if (text === 'earliest') return { kind: 'earliest' };
  const latest = LATEST.exec(text);
  if (latest !== null) return { kind: 'latest', back: Number(latest[1] ?? 0) };
  const offsets = parseOffsets(text);
  if (offsets !== undefined) return { kind: 'offsets', offsets };
  const at = parseInstant(text, now);
  return at === undefined ? undefined : { kind: 'time', at };
}

/** A partition from where a tail begins to where the log ended then. */
export interface TailStretch extends Position {
  readonly end: number;
}

/**
 * @param partitions only these; all if absent
 * @throws {CliError} TOPIC_UNKNOWN for a topic or a partition that is not there, KAFKA_UNREACHABLE
 */
export async function tailStretches(
  reader: LogReader,
  topic: string,
  { start, partitions }: { start: TailStart; partitions?: readonly number[] | undefined },
): Promise<TailStretch[]> {
  const bounds = await reader.boundsOf(topic);
  if (bounds === undefined)
    throw new CliError('TOPIC_UNKNOWN', `there is no topic ${topic}: npx porchlight topics list`);
  const missing = (partitions ?? []).filter((wanted) => !bounds.some(({ partition }) => partition === wanted));
  if (missing.length > 0)
    throw new CliError('TOPIC_UNKNOWN', `${topic} has ${bounds.length} partitions, none of them ${missing.join(', ')}`);
  const atTime = start.kind === 'time' ? await reader.offsetsAt(topic, start.at) : [];
  const beginOf = (partition: number, end: number): number => {
    if (start.kind === 'earliest') return 0;
    if (start.kind === 'latest') return end - start.back;
    if (start.kind === 'offsets') return start.offsets.get(partition) ?? end;
    return atTime.find((each) => each.partition === partition)?.offset ?? end;
  };
  return bounds
    .filter(({ partition }) => partitions?.includes(partition) ?? true)
    .map(({ partition, low, end }) => {
      return { topic, partition, end, offset: Math.min(Math.max(beginOf(partition, end), low), end) };
    });
}
