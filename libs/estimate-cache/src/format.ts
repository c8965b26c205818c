import type { Facts, Level, ListingStatus } from '@porchlight/contracts';
import { BadCacheEntry } from './errors.ts';
import { FieldReader } from './field-reader.ts';
import type { StoredValue } from './home-state.ts';
import type { LeaseClass } from './port.ts';

/**
 * The string in `:v`: 12 fields and the estimate's bytes, with `|` between them; no id, code or number holds one.
 *
 *   1|s|7|a|mls-9|2|1764000000000|12|1763999999000|1764000254000|1764000299000|77|{"valueUsd":...}
 *   format, class, visibilityVersion, status, mlsId, overrideLevel, checkedAt, estimateVersion, acquiredAt,
 *   softExpiryAt, hardExpiryAt, bytes of the estimate, estimate
 *
 * Empty: no mlsId, no override, a fetched `none`. 0 bytes: there is no estimate. The scripts read the same layout
 * with one pattern (adapters/redis/scripts/prelude.ts); a change there or here is a new format number.
 */
export const FORMAT = 1;

/** Why a string in `:v` could not be read. `newer`: a later version of Porchlight wrote it. */
export type RejectedReason = 'newer' | 'truncated' | 'foreign';

/** Told of each value that could not be read: counted by the app, never thrown. */
export type OnRejected = (reason: RejectedReason) => void;

export const statusCodes: Record<ListingStatus, string> = { unknown: 'u', active: 'a', off_market: 'o' };
export const levelCodes: Record<Level, string> = {
  unknown: '0',
  unregistered: '1',
  registered: '2',
  verified: '3',
  agent: '4',
  nobody: '5',
};

/** The name behind each code, found by its byte. */
const namesByByte = <K extends string>(codes: Record<K, string>): (K | undefined)[] => {
  const names: (K | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const name of Object.keys(codes) as K[]) names[codes[name].charCodeAt(0)] = name;
  return names;
};
const formats: (number | undefined)[] = Array.from({ length: 256 }, () => undefined);
formats[String(FORMAT).charCodeAt(0)] = FORMAT;
const classes = namesByByte<LeaseClass>({ s: 's', w: 'w' });
const statuses = namesByByte(statusCodes);
const levels = namesByByte(levelCodes);

const MLS_ID = /^[A-Za-z0-9_-]{1,64}$/;
const MLS_ID_BYTES_MAX = 64;
const OPENING_BRACE = 0x7b;
/** Enough of a string to tell its format by. */
const FORMAT_BYTES_MAX = 8;

/** The head as text and the estimate's bytes, or why not. */
export type ParsedValue =
  | { readonly head: Omit<StoredValue, 'estimateJson'>; readonly json: Buffer | null }
  | { readonly rejected: RejectedReason };

/** Fields in the order of the layout; each is read, whatever the ones before it were. */
function readHead(fields: FieldReader) {
  const format = fields.code(formats, 0);
  const leaseClass = fields.code(classes, 's');
  const facts: Facts = {
    visibilityVersion: fields.whole(),
    status: fields.code(statuses, 'unknown'),
    mlsId: fields.optionalId(MLS_ID_BYTES_MAX),
    overrideLevel: fields.optionalCode(levels),
    checkedAt: fields.whole(),
  };
  const head = {
    class: leaseClass,
    facts,
    estimateVersion: fields.optionalWhole(),
    acquiredAt: fields.whole(),
    softExpiryAt: fields.whole(),
    hardExpiryAt: fields.whole(),
  };
  return { format, head, size: fields.whole() };
}

const rejectionOf = (bytes: Buffer): RejectedReason => {
  const format = /^(\d{1,6})\|/.exec(bytes.toString('latin1', 0, FORMAT_BYTES_MAX))?.[1];
  if (format === undefined) return 'foreign';
  return Number(format) > FORMAT ? 'newer' : Number(format) === FORMAT ? 'truncated' : 'foreign';
};

/**
 * Reads a string of `:v`. Never throws: what cannot be read is a miss.
 *
 * @param bytes  as Redis has it; the estimate in the answer is a view into it, not a copy
 */
export function parseValue(bytes: Buffer): ParsedValue {
  const fields = new FieldReader(bytes);
  const { format, head, size } = readHead(fields);
  const isWholeValue = fields.isGood && format === FORMAT && bytes.length - fields.at === size;
  if (!isWholeValue) return { rejected: rejectionOf(bytes) };
  if (size === 0) return { head, json: null };
  const isEstimate = head.estimateVersion !== null && bytes[fields.at] === OPENING_BRACE;
  return isEstimate ? { head, json: bytes.subarray(fields.at) } : { rejected: 'truncated' };
}

const isWhole = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

/** @throws {BadCacheEntry} if facts hold what could not be read back */
export function checkFacts(propertyId: string, facts: Facts): void {
  const isGood =
    isWhole(facts.visibilityVersion) &&
    isWhole(facts.checkedAt) &&
    (facts.mlsId === null || MLS_ID.test(facts.mlsId)) &&
    facts.status in statusCodes &&
    (facts.overrideLevel === null || facts.overrideLevel in levelCodes);
  if (!isGood) throw new BadCacheEntry(`the facts of ${propertyId}: a version, an instant, an id or a symbol is none`);
}

/** The five fields of the facts as they stand in the string. */
export const printFacts = (facts: Facts): string =>
  [
    facts.visibilityVersion,
    statusCodes[facts.status],
    facts.mlsId ?? '',
    facts.overrideLevel === null ? '' : levelCodes[facts.overrideLevel],
    facts.checkedAt,
  ].join('|');

/** Writes what `parseValue` reads. */
export function printValue(value: StoredValue): string {
  const json = value.estimateJson ?? '';
  return [
    FORMAT,
    value.class,
    printFacts(value.facts),
    value.estimateVersion ?? '',
    value.acquiredAt,
    value.softExpiryAt,
    value.hardExpiryAt,
    json.length,
    json,
  ].join('|');
}
