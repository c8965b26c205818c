import { codeOf } from '../fate.ts';
import type { RawRecord } from '../port.ts';
import type { OutgoingRecord } from './output-batcher.ts';

/** Headers of a dead letter; the original headers stay beside them. The error's message is left out: it may hold data. */
export const deadLetterHeaders = {
  group: 'dlq.group',
  topic: 'dlq.topic',
  partition: 'dlq.partition',
  offset: 'dlq.offset',
  /** UTC milliseconds of the original record. */
  timestamp: 'dlq.timestamp',
  code: 'dlq.code',
  attempts: 'dlq.attempts',
  /** UTC milliseconds when it was parked. */
  parkedAt: 'dlq.parked-at',
} as const;

/** @returns the name of a group's dead-letter topic */
export const deadLetterTopicFor = (groupId: string): string => `${groupId}.dlq`;

/** @returns the record to park: the original key and value, byte for byte, with headers that say where it came from and why it is here */
export function deadLetterOf(
  raw: RawRecord,
  why: { groupId: string; topic: string; error: unknown; attempts: number; now: number },
): OutgoingRecord {
  const names = deadLetterHeaders;
  const headers = {
    ...raw.headers,
    [names.group]: why.groupId,
    [names.topic]: raw.topic,
    [names.partition]: String(raw.partition),
    [names.offset]: String(raw.offset),
    [names.timestamp]: String(raw.timestamp),
    [names.code]: codeOf(why.error, 'UNDECODABLE'),
    [names.attempts]: String(why.attempts),
    [names.parkedAt]: String(why.now),
  };
  return { topic: why.topic, key: raw.key, value: raw.value, headers };
}
