import type { LogReader, LogRecord } from '../kafka/log-reader.ts';
import { readRecords } from '../kafka/read-records.ts';
import type { Decoder } from '../records/decoder.ts';
import { meets, shownRecord, type Grep, type ShownRecord } from './tail-record.ts';
import { tailStretches, type TailStart } from './tail-start.ts';

export interface TailRequest {
  readonly topic: string;
  readonly start: TailStart;
  readonly partitions?: readonly number[] | undefined;
  /** Only records with this key, byte for byte. */
  readonly key?: string | undefined;
  readonly conditions: readonly Grep[];
  /** Goes on with what comes; otherwise it ends at what was there when it began. */
  readonly follow: boolean;
  /** Ends after so many. */
  readonly limit?: number | undefined;
  readonly reveal: boolean;
}

const byTime = (a: LogRecord, b: LogRecord): number => a.timestamp - b.timestamp;

/**
 * Shows the records of a topic, decoded and redacted: in the order of the log within a partition, and among partitions by
 * time as far as they came together.
 *
 * @throws {CliError} TOPIC_UNKNOWN, KAFKA_UNREACHABLE; {ContractError} REGISTRY_UNAVAILABLE
 */
export async function tailTopic(
  { reader, decoder, signal }: { reader: LogReader; decoder: Decoder; signal: AbortSignal },
  { topic, start, partitions, key, conditions, follow, limit = Infinity, reveal }: TailRequest,
  show: (record: ShownRecord) => void,
): Promise<void> {
  const stretches = await tailStretches(reader, topic, { start, partitions });
  const wanted = follow ? stretches.map(({ end: _, ...position }) => position) : stretches;
  let shownCount = 0;
  for await (const records of readRecords(reader, wanted, { isolation: 'committed', signal })) {
    for (const record of records.toSorted(byTime)) {
      if (key !== undefined && record.key?.toString('utf8') !== key) continue;
      const shown = await shownRecord(record, decoder, reveal);
      if (signal.aborted) return;
      if (!meets(shown, conditions)) continue;
      show(shown);
      shownCount += 1;
      if (shownCount === limit) return;
    }
  }
}
