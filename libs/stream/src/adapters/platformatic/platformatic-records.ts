import type { RecordsBatch } from '@platformatic/kafka';
import type { RawRecord, TopicPartition } from '../../port.ts';

const NO_HEADERS: Readonly<Record<string, Buffer>> = Object.freeze({});

/** Attributes of a batch: markers of transactions hold no records of anybody's; time may be the broker's, one for the whole batch. */
const IS_CONTROL = 0b100000;
const IS_BROKER_TIME = 0b1000;

/** What a fetch brought of one partition. */
export interface FetchedRecords {
  readonly records: readonly RawRecord[];
  /** The offset behind everything that was brought, markers and holes of compaction included. */
  readonly nextOffset: bigint;
}

/** @returns the batches as records of the run loop, without those before `from`: a batch comes whole, also when half of it was asked for */
export function fetchedRecordsOf(at: TopicPartition, batches: readonly RecordsBatch[], from: bigint): FetchedRecords {
  const records: RawRecord[] = [];
  let nextOffset = from;
  for (const batch of batches) {
    const behind = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if (behind > nextOffset) nextOffset = behind;
    if ((batch.attributes & IS_CONTROL) === 0) pushRecords(records, at, batch, from);
  }
  return { records, nextOffset };
}

function pushRecords(records: RawRecord[], at: TopicPartition, batch: RecordsBatch, from: bigint): void {
  const brokerTime = (batch.attributes & IS_BROKER_TIME) === 0 ? null : Number(batch.maxTimestamp);
  for (const { offsetDelta, key, value, headers, timestampDelta } of batch.records) {
    const offset = batch.firstOffset + BigInt(offsetDelta);
    if (offset < from) continue;
    records.push({
      topic: at.topic,
      partition: at.partition,
      offset,
      key,
      value,
      headers: headersOf(headers),
      timestamp: brokerTime ?? Number(batch.firstTimestamp + timestampDelta),
    });
  }
}

/** A header with several values keeps the last, as most readers do. */
function headersOf(headers: readonly (readonly [Buffer | null, Buffer | null])[]): Readonly<Record<string, Buffer>> {
  if (headers.length === 0) return NO_HEADERS;
  const one: Record<string, Buffer> = {};
  for (const [name, value] of headers) if (name !== null && value !== null) one[name.toString()] = value;
  return one;
}
