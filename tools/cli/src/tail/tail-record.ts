import type { LogRecord } from '../kafka/log-reader.ts';
import type { Decoder } from '../records/decoder.ts';
import { keyText, redact } from '../records/redact.ts';
import { printable, printableJson } from '../terminal/printable.ts';

/** A record as it is shown: decoded, and without what may not be shown. */
export interface ShownRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** UTC milliseconds. */
  readonly timestamp: number;
  readonly key: string | null;
  readonly headers: readonly string[];
  readonly value?: unknown;
  /** Why the value cannot be decoded; then it is not shown. */
  readonly undecodable?: string;
}

/** A condition on a decoded field, or on the whole record as JSON. */
export interface Grep {
  /** `items.propertyId`: lists are looked through; undefined: anywhere. */
  readonly path: readonly string[] | undefined;
  readonly text: string;
}

const FIELD = /^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)=([^]*)$/;

/** @param text `propertyId=p1` (the field is exactly that), or any text (the record contains it) */
export function parseGrep(text: string): Grep {
  const [, path, value] = FIELD.exec(text) ?? [];
  return path === undefined ? { path: undefined, text } : { path: path.split('.'), text: value ?? '' };
}

function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  if (typeof value !== 'object' || value === null || !(name in value)) return [];
  return valuesAt((value as Record<string, unknown>)[name], rest);
}

const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);

/**
 * Looks at what is shown, not at what is in the log: who may not see a price may not find it by trying prices either.
 *
 * @returns whether a record meets all conditions
 */
export function meets(
  { value, undecodable }: Pick<ShownRecord, 'value' | 'undecodable'>,
  conditions: readonly Grep[],
): boolean {
  if (conditions.length === 0) return true;
  if (undecodable !== undefined) return false;
  return conditions.every(({ path, text }) =>
    path === undefined
      ? JSON.stringify(value).includes(text)
      : valuesAt(value, path).some((each) => textOf(each) === text),
  );
}

/** @throws {ContractError} REGISTRY_UNAVAILABLE */
export async function shownRecord(record: LogRecord, decoder: Decoder, reveal: boolean): Promise<ShownRecord> {
  const { topic, partition, offset, timestamp } = record;
  const decoded = await decoder.decode(record.value);
  const head = {
    topic,
    partition,
    offset,
    timestamp,
    key: keyText(topic, record.key),
    headers: Object.keys(record.headers),
  };
  return 'error' in decoded
    ? { ...head, undecodable: decoded.error }
    : { ...head, value: redact(decoded.value, { reveal }) };
}

/** @returns one line: when, partition:offset, key, value */
export function printRecord({ partition, offset, timestamp, key, value, undecodable }: ShownRecord): string {
  const when = Number.isFinite(timestamp) && timestamp >= 0 ? new Date(timestamp).toISOString() : 'no time';
  const what = undecodable === undefined ? printableJson(value) : `(cannot be decoded: ${undecodable})`;
  return `${when} ${partition}:${offset} ${key === null ? '-' : printable(key)} ${what}`;
}
