import { deadLetterHeaders } from '@porchlight/stream';
import type { LogRecord } from '../kafka/log-reader.ts';

/** Names the dead letter that a record was replayed from; the only header that a replay adds. */
export const REPLAY_HEADER = 'porchlight.replay-of';

const DEAD_LETTER_HEADERS: readonly string[] = Object.values(deadLetterHeaders);

/** Where a dead letter came from. */
export interface Origin {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** UTC milliseconds of the original record. */
  readonly timestamp: number;
}

/** A record of a dead-letter topic. */
export interface DeadLetter {
  /** `<partition>:<offset>` in the dead-letter topic: how a person names it. */
  readonly ref: string;
  /** Names it for ever: the ref and when it was parked, because a topic that is made anew begins at 0 again. */
  readonly id: string;
  /** undefined: its headers do not say where it came from; somebody else wrote it. */
  readonly origin: Origin | undefined;
  readonly code: string;
  readonly attempts: number | null;
  /** UTC milliseconds. */
  readonly parkedAt: number;
  /** It was replayed before, and parked again. */
  readonly wasReplayed: boolean;
  /** Bytes of the original record, of which the letter holds the beginning only; null: it is whole. */
  readonly cutFromBytes: number | null;
  readonly record: LogRecord;
}

const DIGITS = /^\d{1,16}$/;

function headerOf({ headers }: LogRecord, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value.at(-1) : value)?.toString('utf8');
}

function numberIn(record: LogRecord, name: string): number | undefined {
  const text = headerOf(record, name);
  return text !== undefined && DIGITS.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

/** Whatever the header says: a record that calls itself cut must not go out as if it were whole. */
const cutFromBytesIn = (record: LogRecord): number | null =>
  record.headers[deadLetterHeaders.cutFrom] === undefined ? null : (numberIn(record, deadLetterHeaders.cutFrom) ?? 0);

function originOf(record: LogRecord): Origin | undefined {
  const names = deadLetterHeaders;
  const [group, topic] = [headerOf(record, names.group), headerOf(record, names.topic)];
  const [partition, offset] = [numberIn(record, names.partition), numberIn(record, names.offset)];
  if (group === undefined || topic === undefined || partition === undefined || offset === undefined) return undefined;
  return { group, topic, partition, offset, timestamp: numberIn(record, names.timestamp) ?? record.timestamp };
}

/** @returns a record of a dead-letter topic as a dead letter; also one that says nothing of where it came from */
export function deadLetterIn(record: LogRecord): DeadLetter {
  const names = deadLetterHeaders;
  const parkedAt = numberIn(record, names.parkedAt) ?? record.timestamp;
  const ref = `${record.partition}:${record.offset}`;
  return {
    ref,
    id: `${ref}:${parkedAt}`,
    origin: originOf(record),
    code: headerOf(record, names.code) ?? 'NO_CODE',
    attempts: numberIn(record, names.attempts) ?? null,
    parkedAt,
    wasReplayed: record.headers[REPLAY_HEADER] !== undefined,
    cutFromBytes: cutFromBytesIn(record),
    record,
  };
}

/** @returns the headers that the original record had, as they were */
export const originalHeadersOf = ({ record }: DeadLetter): LogRecord['headers'] =>
  Object.fromEntries(
    Object.entries(record.headers).filter(([name]) => !DEAD_LETTER_HEADERS.includes(name) && name !== REPLAY_HEADER),
  );

/** @returns what the replay header of a letter says; no other record has the same */
export const replayNameOf = (letter: DeadLetter): string => `${letter.record.topic}/${letter.id}`;

/** @returns the name in a record's replay header; undefined: it is no replay */
export const replayNameIn = (record: LogRecord): string | undefined => headerOf(record, REPLAY_HEADER);
