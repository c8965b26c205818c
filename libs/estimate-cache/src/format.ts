import type { Facts, Level, ListingStatus } from '@porchlight/contracts';
import { BadCacheEntry } from './errors.ts';
import type { StoredValue } from './home-state.ts';

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

export const statusCodes: Record<ListingStatus, string> = { unknown: 'u', active: 'a', off_market: 'o' };
export const levelCodes: Record<Level, string> = {
  unknown: '0',
  unregistered: '1',
  registered: '2',
  verified: '3',
  agent: '4',
  nobody: '5',
};

const keyed = <K extends string>(codes: Record<K, string>): Map<string, K> =>
  new Map((Object.keys(codes) as K[]).map((name) => [codes[name], name]));
const statusOfCode = keyed(statusCodes);
const levelOfCode = keyed(levelCodes);

const HEAD =
  /^1\|([sw])\|(\d{1,16})\|([uao])\|([A-Za-z0-9_-]{0,64})\|([0-5]?)\|(\d{1,16})\|(\d{0,16})\|(\d{1,16})\|(\d{1,16})\|(\d{1,16})\|(\d{1,16})\|$/;

const MLS_ID = /^[A-Za-z0-9_-]{1,64}$/;
const OPENING_BRACE = 0x7b;

/** The head as text and the estimate's bytes, or why not. */
export type ParsedValue =
  | { readonly head: Omit<StoredValue, 'estimateJson'>; readonly json: Buffer | null }
  | { readonly rejected: RejectedReason };

function headOf(groups: RegExpExecArray): { head: Omit<StoredValue, 'estimateJson'>; bytes: number } | null {
  const [, leaseClass = '', version, status = '', mlsId = '', level = '', checkedAt, estimateVersion] = groups;
  const numbers = [version, checkedAt, estimateVersion, ...groups.slice(8)].map(Number);
  if (!numbers.every(Number.isSafeInteger)) return null;
  const [
    visibilityVersion = 0,
    checked = 0,
    estimate = 0,
    acquiredAt = 0,
    softExpiryAt = 0,
    hardExpiryAt = 0,
    bytes = 0,
  ] = numbers;
  const facts: Facts = {
    visibilityVersion,
    status: statusOfCode.get(status) ?? 'unknown',
    mlsId: mlsId === '' ? null : mlsId,
    overrideLevel: level === '' ? null : (levelOfCode.get(level) ?? 'unknown'),
    checkedAt: checked,
  };
  const version_ = estimateVersion === '' ? null : estimate;
  const head = {
    class: leaseClass === 's' ? ('s' as const) : ('w' as const),
    facts,
    estimateVersion: version_,
    acquiredAt,
    softExpiryAt,
    hardExpiryAt,
  };
  return { head, bytes };
}

const rejectionOf = (text: string): RejectedReason => {
  const format = /^(\d{1,6})\|/.exec(text)?.[1];
  if (format === undefined) return 'foreign';
  return Number(format) > FORMAT ? 'newer' : Number(format) === FORMAT ? 'truncated' : 'foreign';
};

/**
 * Reads a string of `:v`. Never throws: what cannot be read is a miss.
 *
 * @param bytes  as Redis has it; the estimate in the answer is a view into it, not a copy
 */
export function parseValue(bytes: Buffer): ParsedValue {
  const brace = bytes.indexOf(OPENING_BRACE);
  const headEnd = brace === -1 ? bytes.length : brace;
  const text = bytes.toString('latin1', 0, headEnd);
  const groups = HEAD.exec(text);
  const parsed = groups && headOf(groups);
  if (parsed === null || bytes.length - headEnd !== parsed.bytes) return { rejected: rejectionOf(text) };
  if (parsed.head.estimateVersion === null && parsed.bytes > 0) return { rejected: 'truncated' };
  return { head: parsed.head, json: parsed.bytes === 0 ? null : bytes.subarray(headEnd) };
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
