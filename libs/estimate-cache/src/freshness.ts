import type { CachedEstimate } from './port.ts';

/** How long facts in the cache may be believed. */
export interface FreshnessPolicy {
  readonly factsTtlActiveMs: number;
  readonly factsTtlOffMarketMs: number;
  /** From this share of factsTtlMs the facts are read again behind the answer's back. */
  readonly backgroundCheckPercent: number;
  /** How long the change feed may be silent; null: no feed is consulted, and factsTtlMs alone decides. */
  readonly feedStaleMs: number | null;
}

export const defaultFreshnessPolicy: FreshnessPolicy = {
  factsTtlActiveMs: 300_000,
  factsTtlOffMarketMs: 14_400_000,
  backgroundCheckPercent: 85,
  feedStaleMs: null,
};

/** What the change feed says of a home's bucket; only a sound mark may be passed. Instants by the primary's clock. */
export interface FeedMark {
  /** Every change up to here is applied. */
  readonly watermarkAt: number;
  /** Values checked before this were not covered by the feed. */
  readonly sinceAt: number;
}

/** `serve`; `serve-and-check`: answer, then read the facts again; `check`: read the facts before answering. */
export type FreshnessVerdict = 'serve' | 'serve-and-check' | 'check';

export interface Freshness {
  readonly verdict: FreshnessVerdict;
  /** The estimate is served, and one caller refreshes it. */
  readonly softExpired: boolean;
}

const factsTtlMsOf = (value: Pick<CachedEstimate, 'facts'>, policy: FreshnessPolicy): number =>
  value.facts.status === 'off_market' ? policy.factsTtlOffMarketMs : policy.factsTtlActiveMs;

/** The time up to which the facts are known to hold. */
function asOf(checkedAt: number, mark: FeedMark | null): number {
  const isCovered = mark !== null && checkedAt >= mark.sinceAt;
  return isCovered ? Math.max(checkedAt, mark.watermarkAt) : checkedAt;
}

/**
 * May this value be served now?
 *
 * @param value  of any listing status; an unknown one is believed as short as an active one
 * @param clocks `databaseNow` by the PostgreSQL primary's clock, which dates checks and marks; `cacheNow` by that of Redis
 * @param mark   the sound mark of the home's bucket, or null
 * @source       design.md section 6, "Fresh enough?"
 */
export function freshnessOf(
  value: Pick<CachedEstimate, 'facts' | 'softExpiryAt'>,
  clocks: { readonly databaseNow: number; readonly cacheNow: number },
  policy: FreshnessPolicy = defaultFreshnessPolicy,
  mark: FeedMark | null = null,
): Freshness {
  const { checkedAt } = value.facts;
  const softExpired = clocks.cacheNow >= value.softExpiryAt;
  const ageMs = clocks.databaseNow - checkedAt;
  const factsTtlMs = factsTtlMsOf(value, policy);
  const isFeedSilent = policy.feedStaleMs !== null && asOf(checkedAt, mark) < clocks.databaseNow - policy.feedStaleMs;
  if (ageMs > factsTtlMs || isFeedSilent) return { verdict: 'check', softExpired };
  const isNearEnd = ageMs * 100 >= factsTtlMs * policy.backgroundCheckPercent;
  return { verdict: isNearEnd ? 'serve-and-check' : 'serve', softExpired };
}
