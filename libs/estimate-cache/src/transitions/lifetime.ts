import type { ListingStatus } from '@porchlight/contracts';
import type { CacheConfig } from '../cache-config.ts';

/** Hard TTLs of one fill, already cut by its jitter: drawn by the caller, so that a script stays a function of its arguments. */
export interface FillTtls {
  readonly activeMs: number;
  readonly offMarketMs: number;
  readonly noneMs: number;
}

/**
 * The hard TTLs of one fill.
 *
 * @param chance  uniform in [0, 1)
 */
export function drawTtls(config: CacheConfig, chance: number): FillTtls {
  const kept = 1 - config.jitterShare * chance;
  return {
    activeMs: Math.floor(config.estimateTtlActiveMs * kept),
    offMarketMs: Math.floor(config.estimateTtlOffMarketMs * kept),
    noneMs: Math.floor(config.noneTtlMs * kept),
  };
}

/** The hard TTL of an estimate half under a listing status; an unknown status lives as short as an active one. */
export function hardTtlMsOf(half: { isNone: boolean; status: ListingStatus }, ttls: FillTtls): number {
  if (half.isNone) return ttls.noneMs;
  return half.status === 'off_market' ? ttls.offMarketMs : ttls.activeMs;
}

export const softTtlMsOf = (hardTtlMs: number, softPercent: number): number =>
  Math.floor((hardTtlMs * softPercent) / 100);
