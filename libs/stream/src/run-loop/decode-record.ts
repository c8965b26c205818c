import { StreamError } from '../errors.ts';
import type { RawRecord, Serde, StreamRecord, Topic } from '../port.ts';

/**
 * The record as its task sees it; a promise only when the serde has to fetch a schema.
 *
 * @throws {StreamError} NO_VALUE (park) for a tombstone, and what the serde throws
 */
export function decodeRecord(
  serde: Serde,
  topic: Topic<unknown>,
  raw: RawRecord,
): StreamRecord<unknown> | Promise<StreamRecord<unknown>> {
  if (raw.value === null) throw new StreamError('NO_VALUE', 'park', `a record of ${topic.name} has no value`);
  const value = serde.decode(topic, raw.value);
  return value instanceof Promise
    ? value.then((later: unknown) => recordOf(topic, raw, later))
    : recordOf(topic, raw, value);
}

function recordOf(topic: Topic<unknown>, raw: RawRecord, value: unknown): StreamRecord<unknown> {
  const { partition, offset, key, timestamp } = raw;
  return {
    topic,
    partition,
    offset,
    key: key === null ? null : key.toString('utf8'),
    keyBytes: key,
    value,
    headers: textHeaders(raw),
    timestamp,
  };
}

function textHeaders(raw: RawRecord): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw.headers)) headers[name] = value.toString('utf8');
  return headers;
}
