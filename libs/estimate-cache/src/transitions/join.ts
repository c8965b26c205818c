import type { Facts } from '@porchlight/contracts';
import type { StoredValue } from '../home-state.ts';

/** The estimate half of a value. */
export type EstimateHalf = Pick<StoredValue, 'isFactsOnly' | 'estimateVersion' | 'acquiredAt' | 'estimateJson'>;

/** Newer by version; at equal versions the later check, which renews it. */
export const areFactsNewer = (facts: Facts, than: Facts): boolean =>
  facts.visibilityVersion === than.visibilityVersion
    ? facts.checkedAt > than.checkedAt
    : facts.visibilityVersion > than.visibilityVersion;

/**
 * Newer by version where both have one (a withdrawn `none` has); else, or at equal versions, by the later ticket.
 * A fetched `none` has no version: only the order of the tickets can say whether it was seen after an estimate.
 * A half that nobody looked for is the oldest, whenever its ticket was drawn: it gives way to all that is known.
 */
export function isEstimateNewer(half: EstimateHalf, than: EstimateHalf): boolean {
  if (half.isFactsOnly !== than.isFactsOnly) return than.isFactsOnly;
  const bothHaveVersions = half.estimateVersion !== null && than.estimateVersion !== null;
  if (bothHaveVersions && half.estimateVersion !== than.estimateVersion) {
    return half.estimateVersion > than.estimateVersion;
  }
  return half.acquiredAt > than.acquiredAt;
}

/** A `none` fetched after a withdrawal confirms it: the version that withdrew it stays, or an old estimate could come back. */
export function renewHalf(half: EstimateHalf, stored: EstimateHalf): EstimateHalf {
  const confirmsWithdrawal = half.estimateJson === null && stored.estimateJson === null;
  return confirmsWithdrawal ? { ...half, estimateVersion: half.estimateVersion ?? stored.estimateVersion } : half;
}
