import type { Facts } from '@porchlight/contracts';
import { estimateJsonIn, estimateVersionIn, factsIn, isFactsOnlyIn, printValue } from './format.ts';
import type { StoredValue } from './home-state.ts';
import { AT_ACQUIRED, AT_CLASS, AT_HARD_EXPIRY, AT_SOFT_EXPIRY, classByByte } from './layout.ts';
import { byteAt, u48At } from './packed-numbers.ts';
import type { CachedEstimate, LeaseClass } from './port.ts';

/**
 * A stored value as callers see it. A field is read when it is asked for: of a map's 500 homes most are asked for their
 * facts and one instant. Its bytes are an own property, so that two of them are equal in a test if they hold the same.
 */
export class PackedEstimate implements CachedEstimate {
  readonly propertyId: string;
  readonly bytes: Buffer;
  #facts: Facts | null = null;

  /** @param bytes  a whole value: `isWholeValue` */
  constructor(propertyId: string, bytes: Buffer) {
    this.propertyId = propertyId;
    this.bytes = bytes;
  }

  get class(): LeaseClass {
    return classByByte[byteAt(this.bytes, AT_CLASS)] ?? 's';
  }

  get facts(): Facts {
    this.#facts ??= factsIn(this.bytes);
    return this.#facts;
  }

  get isFactsOnly(): boolean {
    return isFactsOnlyIn(this.bytes);
  }

  get estimateVersion(): number | null {
    return estimateVersionIn(this.bytes);
  }

  get acquiredAt(): number {
    return u48At(this.bytes, AT_ACQUIRED);
  }

  get softExpiryAt(): number {
    return u48At(this.bytes, AT_SOFT_EXPIRY);
  }

  get hardExpiryAt(): number {
    return u48At(this.bytes, AT_HARD_EXPIRY);
  }

  get estimateJson(): Buffer | null {
    return estimateJsonIn(this.bytes);
  }
}

/** What is stored of a home, as callers see it. */
export const cachedEstimateOf = (propertyId: string, value: StoredValue): CachedEstimate =>
  new PackedEstimate(propertyId, printValue(value));

/** All of it at once, as plain data: to compare, to print, or to change. */
export const plainEstimateOf = (cached: CachedEstimate): CachedEstimate => ({
  propertyId: cached.propertyId,
  class: cached.class,
  facts: cached.facts,
  isFactsOnly: cached.isFactsOnly,
  estimateVersion: cached.estimateVersion,
  acquiredAt: cached.acquiredAt,
  softExpiryAt: cached.softExpiryAt,
  hardExpiryAt: cached.hardExpiryAt,
  estimateJson: cached.estimateJson,
});
