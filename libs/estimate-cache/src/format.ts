import type { Facts } from '@porchlight/contracts';
import { BadCacheEntry } from './errors.ts';
import type { StoredValue } from './home-state.ts';
import { KnownTexts } from './known-texts.ts';
import {
  AT_ACQUIRED,
  AT_CHECKED,
  AT_CLASS,
  AT_ESTIMATE_BYTES,
  AT_ESTIMATE_VERSION,
  AT_HARD_EXPIRY,
  AT_MLS_BYTES,
  AT_OVERRIDE,
  AT_SOFT_EXPIRY,
  AT_STATUS,
  AT_VERSIONED,
  AT_VISIBILITY_VERSION,
  classByByte,
  FORMAT,
  HEAD_BYTES,
  isClassByte,
  isIdByte,
  isOverrideByte,
  isStatusByte,
  levelByByte,
  levelCodes,
  MLS_ID_BYTES_MAX,
  overrideCodeOf,
  statusByByte,
  statusCodes,
} from './layout.ts';
import { byteAt, INSTANT_MAX, u32At, u48At, u64At, writeU64 } from './packed-numbers.ts';

/** Why a string in `:v` could not be read. `newer`: a later version of Porchlight wrote it. */
export type RejectedReason = 'newer' | 'truncated' | 'foreign';

/** Told of each value that could not be read: counted by the app, never thrown. */
export type OnRejected = (reason: RejectedReason) => void;

const MLS_ID = /^[A-Za-z0-9_-]{1,64}$/;
const INSTANT_BYTES = 6;
const FORMAT_DIGIT = String(FORMAT).charCodeAt(0);
const BAR = 0x7c;
const OPENING_BRACE = 0x7b;
const VERSIONED = 0x76; // v
const UNVERSIONED = 0x2d; // -
const FACTS_ONLY = 0x66; // f
/** The highest byte but one of a version: with more, it would be above 2^53 - 1. */
const SECOND_BYTE_MAX = 0x1f;
/** Enough of a string to tell its format by. */
const FORMAT_BYTES_MAX = 8;

/** The fields and the estimate's bytes, or why not. */
export type ParsedValue =
  | { readonly head: Omit<StoredValue, 'estimateJson'>; readonly json: Buffer | null }
  | { readonly rejected: RejectedReason };

const isVersionAt = (bytes: Buffer, at: number): boolean =>
  byteAt(bytes, at) === 0 && byteAt(bytes, at + 1) <= SECOND_BYTE_MAX;

/** Only what has a version may hold an estimate, which begins with a brace. */
function isEstimateWhole(bytes: Buffer, at: number): boolean {
  const code = byteAt(bytes, AT_VERSIONED);
  if (at === bytes.length) return code === VERSIONED || code === UNVERSIONED || code === FACTS_ONLY;
  return code === VERSIONED && byteAt(bytes, at) === OPENING_BRACE;
}

/**
 * Is this a value, whole and of this format? One look at each field, and nothing is built: it runs for each home of every hit.
 *
 * @param bytes  as Redis has it
 */
export function isWholeValue(bytes: Buffer): boolean {
  const { length } = bytes;
  if (length < HEAD_BYTES || byteAt(bytes, 0) !== FORMAT_DIGIT || byteAt(bytes, 1) !== BAR) return false;
  const mlsBytes = byteAt(bytes, AT_MLS_BYTES);
  const estimateAt = HEAD_BYTES + mlsBytes;
  if (mlsBytes > MLS_ID_BYTES_MAX || estimateAt + u32At(bytes, AT_ESTIMATE_BYTES) !== length) return false;
  const areCodes =
    isClassByte[byteAt(bytes, AT_CLASS)] === 1 &&
    isStatusByte[byteAt(bytes, AT_STATUS)] === 1 &&
    isOverrideByte[byteAt(bytes, AT_OVERRIDE)] === 1;
  if (!areCodes || !isVersionAt(bytes, AT_VISIBILITY_VERSION) || !isVersionAt(bytes, AT_ESTIMATE_VERSION)) return false;
  for (let at = HEAD_BYTES; at < estimateAt; at += 1) if (isIdByte[byteAt(bytes, at)] !== 1) return false;
  return isEstimateWhole(bytes, estimateAt);
}

/** Why bytes that are not a whole value are none. */
export const rejectionOf = (bytes: Buffer): RejectedReason => {
  const format = /^(\d{1,6})\|/.exec(bytes.toString('latin1', 0, FORMAT_BYTES_MAX))?.[1];
  if (format === undefined) return 'foreign';
  return Number(format) > FORMAT ? 'newer' : Number(format) === FORMAT ? 'truncated' : 'foreign';
};

const mlsIds = new KnownTexts();

/** The facts in a whole value. */
export const factsIn = (bytes: Buffer): Facts => {
  const mlsBytes = byteAt(bytes, AT_MLS_BYTES);
  return {
    visibilityVersion: u64At(bytes, AT_VISIBILITY_VERSION),
    status: statusByByte[byteAt(bytes, AT_STATUS)] ?? 'unknown',
    mlsId: mlsBytes === 0 ? null : mlsIds.of(bytes, HEAD_BYTES, HEAD_BYTES + mlsBytes),
    overrideLevel: levelByByte[byteAt(bytes, AT_OVERRIDE)] ?? null,
    checkedAt: u48At(bytes, AT_CHECKED),
  };
};

/** Whether a whole value says nothing of the estimate. */
export const isFactsOnlyIn = (bytes: Buffer): boolean => byteAt(bytes, AT_VERSIONED) === FACTS_ONLY;

/** The version of the estimate in a whole value; null: a fetched `none`, or nothing is known of it. */
export const estimateVersionIn = (bytes: Buffer): number | null =>
  byteAt(bytes, AT_VERSIONED) === VERSIONED ? u64At(bytes, AT_ESTIMATE_VERSION) : null;

/** The estimate in a whole value: a view, not a copy; null: there is none. */
export const estimateJsonIn = (bytes: Buffer): Buffer | null => {
  const at = HEAD_BYTES + byteAt(bytes, AT_MLS_BYTES);
  return at === bytes.length ? null : bytes.subarray(at);
};

/**
 * Reads a string of `:v`. Never throws: what cannot be read is a miss.
 *
 * @param bytes  as Redis has it; the estimate in the answer is a view into it, not a copy
 */
export function parseValue(bytes: Buffer): ParsedValue {
  if (!isWholeValue(bytes)) return { rejected: rejectionOf(bytes) };
  const head = {
    class: classByByte[byteAt(bytes, AT_CLASS)] ?? ('s' as const),
    facts: factsIn(bytes),
    isFactsOnly: isFactsOnlyIn(bytes),
    estimateVersion: estimateVersionIn(bytes),
    acquiredAt: u48At(bytes, AT_ACQUIRED),
    softExpiryAt: u48At(bytes, AT_SOFT_EXPIRY),
    hardExpiryAt: u48At(bytes, AT_HARD_EXPIRY),
  };
  return { head, json: estimateJsonIn(bytes) };
}

const isWhole = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

/** @throws {BadCacheEntry} if facts hold what could not be read back */
export function checkFacts(propertyId: string, facts: Facts): void {
  const isGood =
    isWhole(facts.visibilityVersion) &&
    isWhole(facts.checkedAt) &&
    facts.checkedAt <= INSTANT_MAX &&
    (facts.mlsId === null || MLS_ID.test(facts.mlsId)) &&
    facts.status in statusCodes &&
    (facts.overrideLevel === null || facts.overrideLevel in levelCodes);
  if (!isGood) throw new BadCacheEntry(`the facts of ${propertyId}: a version, an instant, an id or a symbol is none`);
}

const versionedCodeOf = ({ isFactsOnly, estimateVersion }: StoredValue): string =>
  isFactsOnly ? 'f' : estimateVersion === null ? '-' : 'v';

/** Writes what `parseValue` reads. */
export function printValue(value: StoredValue): Buffer {
  const { facts, estimateVersion } = value;
  const [mlsId, json] = [facts.mlsId ?? '', value.estimateJson ?? ''];
  const bytes = Buffer.alloc(HEAD_BYTES + mlsId.length + json.length);
  const codes = `${FORMAT}|${value.class}${statusCodes[facts.status]}${overrideCodeOf(facts.overrideLevel)}`;
  bytes.write(`${codes}${versionedCodeOf(value)}`, 0, 'latin1');
  bytes.writeUInt8(mlsId.length, AT_MLS_BYTES);
  writeU64(bytes, facts.visibilityVersion, AT_VISIBILITY_VERSION);
  bytes.writeUIntBE(facts.checkedAt, AT_CHECKED, INSTANT_BYTES);
  writeU64(bytes, estimateVersion ?? 0, AT_ESTIMATE_VERSION);
  bytes.writeUIntBE(value.acquiredAt, AT_ACQUIRED, INSTANT_BYTES);
  bytes.writeUIntBE(value.softExpiryAt, AT_SOFT_EXPIRY, INSTANT_BYTES);
  bytes.writeUIntBE(value.hardExpiryAt, AT_HARD_EXPIRY, INSTANT_BYTES);
  bytes.writeUInt32BE(json.length, AT_ESTIMATE_BYTES);
  bytes.write(mlsId + json, HEAD_BYTES, 'latin1');
  return bytes;
}
