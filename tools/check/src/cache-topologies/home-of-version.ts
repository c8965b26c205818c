import type { Estimate, Facts } from '@porchlight/contracts';

/** What the database and the upstream API say of a home at a version. */
export const factsOf = (visibilityVersion: number): Facts => ({
  visibilityVersion,
  status: 'active',
  mlsId: 'mls-1',
  overrideLevel: null,
  checkedAt: 1_000_000 + visibilityVersion,
});

export const estimateOf = (estimateVersion: number): Estimate => ({
  estimateVersion,
  valueUsd: estimateVersion * 1_000,
  lowUsd: estimateVersion * 900,
  highUsd: estimateVersion * 1_100,
  computedAt: 1_700_000_000_000 + estimateVersion,
});
