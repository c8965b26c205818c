import { INSTANT_FORMS, parseInstant } from '../terminal/parse-instant.ts';
import { parseOffsets } from '../terminal/parse-offsets.ts';
import type { Startpoint } from './plan-startpoint.ts';

/** How a startpoint may be written, for messages. */
export const STARTPOINT_FORMS = `latest, earliest, offsets by partition (0=123,1=456), or a time: ${INSTANT_FORMS}`;

/** @returns the startpoint that a person wrote; undefined if it is none */
export function parseStartpoint(text: string, now: number): Startpoint | undefined {
  if (text === 'latest' || text === 'earliest') return { kind: text };
  const offsets = parseOffsets(text);
  if (offsets !== undefined) return { kind: 'offsets', offsets };
  const at = parseInstant(text, now);
  return at === undefined ? undefined : { kind: 'time', at };
}
