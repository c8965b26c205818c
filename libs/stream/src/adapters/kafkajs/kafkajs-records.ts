import type kafkajs from 'kafkajs';
import type { RawRecord } from '../../port.ts';

/** @returns a fetched batch as records of the run loop; a header with several values keeps the last, as most readers do */
export function rawRecordsOf({
  topic,
  partition,
  messages,
}: Pick<kafkajs.Batch, 'topic' | 'partition' | 'messages'>): RawRecord[] {
  return messages.map(({ offset, key, value, headers, timestamp }) => ({
    topic,
    partition,
    offset: BigInt(offset),
    key,
    value,
    headers: headersOf(headers),
    timestamp: Number(timestamp),
  }));
}

const NO_HEADERS: Readonly<Record<string, Buffer>> = Object.freeze({});

function headersOf(headers: kafkajs.IHeaders | undefined): Readonly<Record<string, Buffer>> {
  if (headers === undefined) return NO_HEADERS;
  const one: Record<string, Buffer> = {};
  for (const [name, value] of Object.entries(headers)) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) one[name] = Buffer.isBuffer(last) ? last : Buffer.from(last);
  }
  return one;
}
