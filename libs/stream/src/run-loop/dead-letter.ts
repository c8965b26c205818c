import { codeOf } from '../fate.ts';
import type { RawRecord } from '../port.ts';
import type { RunLoopSettings } from '../settings.ts';
import { headerBytesOf } from './check-record.ts';
import type { OutgoingRecord } from './output-batcher.ts';
import { traceHeadersOf } from './record-collector.ts';

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
  /** Only on one that is cut, because the log would not take it whole: its bytes before. It cannot be replayed from here. */
  cutFrom: 'dlq.cut-from-bytes',
} as const;

/** What is left of the key, and of the value, of a record that is cut: enough to see whose it was and by which schema. */
const CUT_KEY_BYTES = 1_024;
const CUT_VALUE_BYTES = 65_536;

/** @returns the name of a group's dead-letter topic */
export const deadLetterTopicFor = (groupId: string): string => `${groupId}.dlq`;

interface Why {
  readonly groupId: string;
  readonly topic: string;
  readonly error: unknown;
  readonly attempts: number;
  readonly now: number;
  readonly limits: Pick<RunLoopSettings, 'outputRecordBytesMax' | 'inputHeadersMax' | 'inputHeaderBytesMax'>;
}

/**
 * @returns the record to park: the original key, value and headers, byte for byte, with headers that say where it came from and why it is here.
 *   What the log would not take is cut: its offset names it in its own topic, and a partition must not stop for it
 */
export function deadLetterOf(raw: RawRecord, why: Why): OutgoingRecord {
  const names = deadLetterHeaders;
  const kept = cutToFit(raw, why.limits);
  const headers = {
    ...kept.headers,
    [names.group]: why.groupId,
    [names.topic]: raw.topic,
    [names.partition]: String(raw.partition),
    [names.offset]: String(raw.offset),
    [names.timestamp]: String(raw.timestamp),
    [names.code]: codeOf(why.error, 'UNDECODABLE'),
    [names.attempts]: String(why.attempts),
    [names.parkedAt]: String(why.now),
  };
  return { topic: why.topic, key: kept.key, value: kept.value, headers };
}

type Kept = Pick<OutgoingRecord, 'key' | 'value' | 'headers'>;

function cutToFit(raw: RawRecord, limits: Why['limits']): Kept {
  const headerBytes = headerBytesOf(raw);
  const bytes = (raw.key?.length ?? 0) + (raw.value?.length ?? 0) + headerBytes;
  const isBomb = headerBytes > limits.inputHeaderBytesMax || Object.keys(raw.headers).length > limits.inputHeadersMax;
  if (!isBomb && bytes <= limits.outputRecordBytesMax) return raw;
  const { headers } = isBomb ? { headers: boundedTrace(raw) } : raw;
  return {
    key: raw.key?.subarray(0, CUT_KEY_BYTES) ?? null,
    value: raw.value?.subarray(0, CUT_VALUE_BYTES) ?? null,
    headers: { ...headers, [deadLetterHeaders.cutFrom]: String(bytes) },
  };
}

/** A trace header is short; one that is not is part of the bomb. */
const TRACE_BYTES_MAX = 1_024;

const boundedTrace = (raw: RawRecord): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(traceHeadersOf(raw)).filter(([, value]) => value.length <= TRACE_BYTES_MAX));
