import { StreamError } from '../errors.ts';
import type { RawRecord } from '../port.ts';
import type { RunLoopSettings } from '../settings.ts';

type Limits = Pick<RunLoopSettings, 'inputRecordBytesMax' | 'inputHeadersMax' | 'inputHeaderBytesMax'>;

/** @returns true for a record that says it comes from further ahead than clocks differ */
export const isFromFuture = ({ timestamp }: Pick<RawRecord, 'timestamp'>, now: number, aheadMsMax: number): boolean =>
  timestamp > now + aheadMsMax;

/** @returns how many bytes the names and values of the headers have together */
export function headerBytesOf({ headers }: Pick<RawRecord, 'headers'>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) bytes += Buffer.byteLength(name) + value.length;
  return bytes;
}

/**
 * Refuses a record that nobody meant to send, before it costs anything: a decoder and a task would pay for every byte of it.
 *
 * @throws {StreamError} RECORD_TOO_LARGE, HEADERS_TOO_LARGE (both park)
 */
export function checkRecord(raw: RawRecord, limits: Limits): void {
  const bytes = (raw.key?.length ?? 0) + (raw.value?.length ?? 0);
  if (bytes > limits.inputRecordBytesMax) {
    const message = `a record has ${bytes} bytes, more than ${limits.inputRecordBytesMax}`;
    throw new StreamError('RECORD_TOO_LARGE', 'park', message);
  }
  const count = Object.keys(raw.headers).length;
  if (count === 0) return;
  const headerBytes = headerBytesOf(raw);
  if (count <= limits.inputHeadersMax && headerBytes <= limits.inputHeaderBytesMax) return;
  const most = `${limits.inputHeadersMax} and ${limits.inputHeaderBytesMax}`;
  throw new StreamError('HEADERS_TOO_LARGE', 'park', `${count} headers of ${headerBytes} bytes, more than ${most}`);
}
