import { StreamError } from '../errors.ts';
import { errorOf } from '../fate.ts';
import type { RawRecord, Serde, StreamRecord, Topic } from '../port.ts';

/**
 * The record as its task sees it; a promise only when the serde has to fetch a schema.
 *
 * @throws {StreamError} NO_VALUE (park) for a tombstone, and what the serde throws; an error of it without a fate becomes UNDECODABLE
 *   (park), because bytes that no code foresaw are the sender's mistake and must not stop everybody behind them
 */
export function decodeRecord(
  serde: Serde,
  topic: Topic<unknown>,
  raw: RawRecord,
): StreamRecord<unknown> | Promise<StreamRecord<unknown>> {
  if (raw.value === null) throw new StreamError('NO_VALUE', 'park', `a record of ${topic.name} has no value`);
  try {
    const value = serde.decode(topic, raw.value);
    return value instanceof Promise ? decodeLater(topic, raw, value) : recordOf(topic, raw, value);
  } catch (error) {
    throw withFate(error);
  }
}

async function decodeLater(
  topic: Topic<unknown>,
  raw: RawRecord,
  value: Promise<unknown>,
): Promise<StreamRecord<unknown>> {
  try {
    return recordOf(topic, raw, await value);
  } catch (error) {
    throw withFate(error);
  }
}

function withFate(thrown: unknown): Error {
  const error = errorOf(thrown);
  if ('fate' in error) return error;
  return new StreamError('UNDECODABLE', 'park', 'the value could not be decoded', { cause: error });
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
  for (const name in raw.headers) headers[name] = raw.headers[name]?.toString('utf8') ?? '';
  return headers;
}
