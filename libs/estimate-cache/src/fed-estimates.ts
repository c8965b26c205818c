import type { CachedEstimate } from './port.ts';

/** How long an estimate may do without the topic that renews it, where that topic is what keeps estimates true (`FRESHNESS=events`). */
export interface EstimateFeedPolicy {
  /** Older estimates are refreshed while the topic is late: the TTLs that would hold without it (the talk's). */
  readonly unfedTtlActiveMs: number;
  readonly unfedTtlOffMarketMs: number;
  /** From then on the topic is late. */
  readonly lagMaxMs: number;
}

export const defaultEstimateFeedPolicy: EstimateFeedPolicy = {
  unfedTtlActiveMs: 300_000,
  unfedTtlOffMarketMs: 14_400_000,
  lagMaxMs: 300_000,
};

/** What dates an estimate, and the topic. */
export interface EstimateFeedContext {
  /** By the clock of Redis, which dates the value. */
  readonly cacheNow: number;
  /** By the PostgreSQL primary's clock, which dates the marks; Infinity: not known. */
  readonly databaseNow: number;
  /** Up to when `estimate.updated` is applied (`Watermarks.estimatesUntilAt`); asked only for what is old enough to matter. */
  readonly untilAt: (propertyId: string) => number;
}

/**
 * Whether an estimate counts as softly expired although its own soft expiry is far: the topic that would have replaced it is late.
 * It is served all the same, and one caller refreshes it. A TTL of days is only as good as the topic.
 *
 * @source design.md section 6, "TTL"
 */
export function isUnfed(
  { propertyId, acquiredAt, facts }: Pick<CachedEstimate, 'propertyId' | 'acquiredAt' | 'facts'>,
  { cacheNow, databaseNow, untilAt }: EstimateFeedContext,
  policy: EstimateFeedPolicy = defaultEstimateFeedPolicy,
): boolean {
  const ttlMs = facts.status === 'off_market' ? policy.unfedTtlOffMarketMs : policy.unfedTtlActiveMs;
  return cacheNow - acquiredAt >= ttlMs && databaseNow - untilAt(propertyId) > policy.lagMaxMs;
}
