import { isUnfed, type EstimateFeedPolicy, type Watermarks } from '@porchlight/estimate-cache';
import type { Config } from '@porchlight/service';
import type { config } from './config.ts';
import type { CacheClocks, FreshnessOf } from './reading/index.ts';

/** What is known of the topic that renews estimates (`FRESHNESS=events`). */
export interface EstimateFeed {
  readonly policy: EstimateFeedPolicy;
  readonly untilAt: Watermarks['estimatesUntilAt'];
  readonly clocksNow: () => CacheClocks;
}

/**
 * Freshness where estimates live for days because `estimate.updated` renews them: while that topic is late, those that are older than
 * they could be without it count as softly expired. Nothing else of the verdict changes: what may be shown is a matter of facts.
 */
export const withEstimateFeed =
  (freshnessOf: FreshnessOf, { policy, untilAt, clocksNow }: EstimateFeed): FreshnessOf =>
  (value, clocks = clocksNow()) => {
    const freshness = freshnessOf(value, clocks);
    const { acquiredAt } = value;
    if (freshness.softExpired || acquiredAt === undefined) return freshness;
    const { propertyId, facts } = value;
    const isLate = isUnfed({ propertyId, facts, acquiredAt }, { ...clocks, untilAt }, policy);
    return isLate ? { ...freshness, softExpired: true } : freshness;
  };

type Knobs = Pick<
  Config<typeof config>,
  'FRESHNESS' | 'ESTIMATE_TTL_ACTIVE_MS' | 'ESTIMATE_TTL_OFF_MARKET_MS' | 'ESTIMATES_LATE_MS'
>;

/** @returns null where a TTL of minutes keeps estimates true, whatever becomes of `estimate.updated` */
export function estimateFeedOf(knobs: Knobs, known: Pick<EstimateFeed, 'untilAt' | 'clocksNow'>): EstimateFeed | null {
  if (knobs.FRESHNESS !== 'events') return null;
  const policy = {
    unfedTtlActiveMs: knobs.ESTIMATE_TTL_ACTIVE_MS,
    unfedTtlOffMarketMs: knobs.ESTIMATE_TTL_OFF_MARKET_MS,
    lagMaxMs: knobs.ESTIMATES_LATE_MS,
  };
  return { ...known, policy };
}
