import type { StoredValue } from './home-state.ts';
import type { CachedEstimate } from './port.ts';

/** A stored value as callers see it. */
export function cachedEstimateOf(
  propertyId: string,
  head: Omit<StoredValue, 'estimateJson'>,
  estimateJson: Buffer | null,
): CachedEstimate {
  return {
    propertyId,
    class: head.class,
    facts: head.facts,
    estimateVersion: head.estimateVersion,
    acquiredAt: head.acquiredAt,
    softExpiryAt: head.softExpiryAt,
    hardExpiryAt: head.hardExpiryAt,
    estimateJson,
  };
}
