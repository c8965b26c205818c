import type { CacheConfig } from '../cache-config.ts';
import { defaultCacheConfig } from '../cache-config.ts';
import type { FreshnessPolicy } from '../freshness.ts';
import type { FillTtls } from '../transitions/lifetime.ts';

/** No lease of a model is longer. */
export const LEASE_MS_MAX = 20;

/** The times of a model, in moments. Far apart, so that no number of moments in one run crosses from one into the next. */
export const modelConfig: CacheConfig = {
  ...defaultCacheConfig,
  leaseSyncMs: LEASE_MS_MAX,
  leaseWarmMs: LEASE_MS_MAX,
  retryMs: 20,
  keepMs: 300,
  estimateTtlActiveMs: 2_000,
  estimateTtlOffMarketMs: 4_000,
  noneTtlMs: 2_000,
  softPercent: 50,
  jitterShare: 0,
};

export const modelTtls: FillTtls = { activeMs: 2_000, offMarketMs: 4_000, noneMs: 2_000 };

export const modelPolicy: FreshnessPolicy = {
  factsTtlActiveMs: 500,
  factsTtlOffMarketMs: 500,
  backgroundCheckPercent: 85,
  feedStaleMs: 100,
  feedDownMs: 300,
};

/** How far each passing of time goes: just beyond the limit that it is named for, whatever moments passed before. */
export const PASSES = { moments: 1, leases: 21, stales: 101, keeps: 301, factsTtls: 501, softs: 1_001 } as const;

/** How far a clock steps back: further than a lease. */
export const STEP_BACK = 50;

export type Pass = keyof typeof PASSES;

/** Older than anything that matters: instants before this are one and the same. */
export const LONG_AGO = 4_100;
