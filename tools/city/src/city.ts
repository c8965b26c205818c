import type { Level, ListingStatus, Viewport } from '@porchlight/contracts';
import { mlsIdOf, type CityRule } from './mls-areas.ts';

/** One home of the city. */
export interface CityHome {
  /** `kc-` and ten digits: three of the city, seven of the home. They say nothing about the place. */
  readonly propertyId: string;
  /** WGS 84 degrees. */
  readonly latitude: number;
  readonly longitude: number;
  readonly zipcode: string;
  readonly mlsId: string | null;
  readonly status: ListingStatus;
  readonly overrideLevel: Level | null;
  /** Whole US dollars, what upstream says at first; null: there is no estimate. */
  readonly valueUsd: number | null;
}

/** The homes column by column: a million take about 30 MB. */
export interface HomeColumns {
  readonly latitudes: Float64Array;
  readonly longitudes: Float64Array;
  /** 0: no estimate. */
  readonly valuesUsd: Uint32Array;
  /** Index into the ZIP codes. */
  readonly zipcodes: Uint8Array;
  /** Index into `LEVELS_STORED`; 0: no override. */
  readonly overrides: Uint8Array;
  /** Bit 0: active; bit 1: has no MLS. */
  readonly flags: Uint8Array;
}

export const ACTIVE_FLAG = 1;
export const WITHOUT_MLS_FLAG = 2;
export const LEVELS_STORED: readonly (Level | null)[] = [null, 'registered', 'verified', 'agent', 'nobody'];

/** So that the order of ids as text is that of their numbers. */
const HOME_DIGITS = 7;

/** How many cities are told apart by their three digits. */
const CITY_NUMBERS = 900;
const CITY_NUMBER_FIRST = 100;

/**
 * What the ids of a city begin with. Another seed or size is another city, and its homes are others: an id is never used
 * again for another home, whose old value a cache may still hold.
 */
export function idPrefixOf({ seed, homes }: { seed: number; homes: number }): string {
  const mixed = Math.imul(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ homes, 0xc2b2ae35) >>> 0;
  return `kc-${CITY_NUMBER_FIRST + (mixed % CITY_NUMBERS)}`;
}

/** A whole city; the same seed and the same number of homes always give the same one. */
export class City {
  readonly seed: number;
  readonly homes: number;
  /** Every home lies within it. */
  readonly clip: Viewport;
  readonly rules: readonly CityRule[];
  /** Every id begins with it, and no id of another city does. */
  readonly idPrefix: string;
  readonly #columns: HomeColumns;
  readonly #zipcodes: readonly string[];
  readonly #idStep: number;

  constructor(city: {
    seed: number;
    clip: Viewport;
    rules: readonly CityRule[];
    columns: HomeColumns;
    zipcodes: readonly string[];
  }) {
    this.seed = city.seed;
    this.homes = city.columns.latitudes.length;
    this.clip = city.clip;
    this.rules = city.rules;
    this.#columns = city.columns;
    this.#zipcodes = city.zipcodes;
    this.idPrefix = idPrefixOf({ seed: this.seed, homes: this.homes });
    this.#idStep = coprimeStep(this.homes);
  }

  /** The id of the home at an index, 0 .. homes - 1. */
  idAt(index: number): string {
    // numbers must not follow the map, or "the first 500 in order of id" would be one corner of a viewport
    const number = ((index * this.#idStep + this.seed) % this.homes) + 1;
    return `${this.idPrefix}${String(number).padStart(HOME_DIGITS, '0')}`;
  }

  /** Where the home at an index stands. */
  placeAt(index: number): { latitude: number; longitude: number } {
    return { latitude: this.#columns.latitudes[index] ?? NaN, longitude: this.#columns.longitudes[index] ?? NaN };
  }

  /** @throws {RangeError} outside 0 .. homes - 1 */
  homeAt(index: number): CityHome {
    if (!(index >= 0 && index < this.homes)) throw new RangeError(`there is no home ${index} among ${this.homes}`);
    const flags = this.#columns.flags[index] ?? 0;
    const zipcode = this.#zipcodes[this.#columns.zipcodes[index] ?? 0] ?? '';
    return {
      propertyId: this.idAt(index),
      ...this.placeAt(index),
      zipcode,
      mlsId: (flags & WITHOUT_MLS_FLAG) === 0 ? mlsIdOf(zipcode) : null,
      status: (flags & ACTIVE_FLAG) === 0 ? 'off_market' : 'active',
      overrideLevel: LEVELS_STORED[this.#columns.overrides[index] ?? 0] ?? null,
      valueUsd: this.#columns.valuesUsd[index] || null,
    };
  }

  /** Every home, made as it is asked for. */
  *[Symbol.iterator](): Generator<CityHome> {
    for (let index = 0; index < this.homes; index += 1) yield this.homeAt(index);
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The golden section scatters best; the next step that shares no divisor with `homes` visits every number once. */
function coprimeStep(homes: number): number {
  let step = Math.max(1, Math.floor(homes * 0.618_033_988_75));
  while (greatestCommonDivisor(step, homes) !== 1) step += 1;
  return step;
}
