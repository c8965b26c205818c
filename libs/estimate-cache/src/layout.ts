import type { Level, ListingStatus } from '@porchlight/contracts';
import type { LeaseClass } from './port.ts';

/**
 * Where each field of the string in `:v` stands. Numbers are whole, the highest byte first.
 *
 *   at  bytes
 *    0      2  format: "3|"
 *    2      1  class: s, w
 *    3      1  listing status: a, o, u
 *    4      1  override: 0 unknown, 1 unregistered ... 5 nobody; - none
 *    5      1  v: the estimate has a version; -: a fetched `none`, which has none; f: facts only, the estimate is not known
 *    6      1  bytes of the mlsId, 0..64; 0: none
 *    7      8  visibilityVersion
 *   15      6  checkedAt
 *   21      8  estimateVersion, 0 where there is none
 *   29      6  acquiredAt
 *   35      6  softExpiryAt
 *   41      6  hardExpiryAt
 *   47      4  bytes of the estimate; 0: there is none
 *   51         mlsId, then the estimate to the end
 *
 * Fixed positions, so that a reader finds what it needs without reading the rest: on the hit path a home costs 17 ns to
 * check, where walking fields of text between `|` cost 60 and building an object of all fields 270.
 * adapters/redis/scripts/prelude.ts reads and writes the same; a change there or here is a new format number.
 */
export const FORMAT = 3;
export const AT_CLASS = 2;
export const AT_STATUS = 3;
export const AT_OVERRIDE = 4;
export const AT_VERSIONED = 5;
export const AT_MLS_BYTES = 6;
export const AT_VISIBILITY_VERSION = 7;
export const AT_CHECKED = 15;
export const AT_ESTIMATE_VERSION = 21;
export const AT_ACQUIRED = 29;
export const AT_SOFT_EXPIRY = 35;
export const AT_HARD_EXPIRY = 41;
export const AT_ESTIMATE_BYTES = 47;
/** Bytes before the mlsId. */
export const HEAD_BYTES = 51;
export const MLS_ID_BYTES_MAX = 64;

export const statusCodes: Record<ListingStatus, string> = { unknown: 'u', active: 'a', off_market: 'o' };
export const levelCodes: Record<Level, string> = {
  unknown: '0',
  unregistered: '1',
  registered: '2',
  verified: '3',
  agent: '4',
  nobody: '5',
};
export const NO_OVERRIDE = '-';
export const classCodes: Record<LeaseClass, string> = { s: 's', w: 'w' };

/** The code of an override as it stands in the string. */
export const overrideCodeOf = (level: Level | null): string => (level === null ? NO_OVERRIDE : levelCodes[level]);

/** The name behind each code, found by its byte. */
const namesByByte = <K extends string>(codes: Record<K, string>): (K | undefined)[] => {
  const names: (K | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const name of Object.keys(codes) as K[]) names[codes[name].charCodeAt(0)] = name;
  return names;
};
export const classByByte = namesByByte(classCodes);
export const statusByByte = namesByByte(statusCodes);
export const levelByByte = namesByByte(levelCodes);

const bytesOf = (accepted: string): Uint8Array => {
  const table = new Uint8Array(256);
  for (const character of accepted) table[character.charCodeAt(0)] = 1;
  return table;
};
/** 1 for each byte that may stand there. */
export const isClassByte = bytesOf(Object.values(classCodes).join(''));
export const isStatusByte = bytesOf(Object.values(statusCodes).join(''));
export const isOverrideByte = bytesOf(Object.values(levelCodes).join('') + NO_OVERRIDE);
/** A-Z, a-z, 0-9, _ and -: what ids are made of. */
export const isIdByte = bytesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-');
