import type { CachedEstimate } from './port.ts';

/** How long facts in the cache may be believed. */
export interface FreshnessPolicy {
  readonly factsTtlActiveMs: number;
  readonly factsTtlOffMarketMs: number;
  /** From this share of factsTtlMs the facts are read again behind the answer's back. */
  readonly backgroundCheckPercent: number;
  /** How long the change feed may be silent before hits are checked. */
  readonly feedStaleMs: number;
  /** How long it may be silent before hits that cannot be checked are not served any more. */
  readonly feedDownMs: number;
}

export const defaultFreshnessPolicy: FreshnessPolicy = {
  factsTtlActiveMs: 300_000,
  factsTtlOffMarketMs: 14_400_000,
  backgroundCheckPercent: 85,
  feedStaleMs: 30_000,
  feedDownMs: 120_000,
};

/** What the change feed says of a home's bucket; only a sound mark may be passed. Instants by the primary's clock. */
export interface FeedMark {
  /** Every change up to here is applied. */
  readonly watermarkAt: number;
  /** Values checked before this were not covered by the feed. */
  readonly sinceAt: number;
  /** A memory may have been lost, and changes with it that had been acknowledged: what held before this only is checked. Default: never. */
  readonly forgotAt?: number;
}

/** `serve`; `serve-and-check`: answer, then read the facts again; `check`: read the facts before answering. */
export type FreshnessVerdict = 'serve' | 'serve-and-check' | 'check';

export interface Freshness {
  readonly verdict: FreshnessVerdict;
  /** May be served although it should be checked, if there is no database to check it with, or too many check already. */
  readonly isServableUnchecked: boolean;
  /** Up to when the facts are known to hold, by the primary's clock. */
  readonly asOfAt: number;
  /** The estimate is served, and one caller refreshes it. */
  readonly softExpired: boolean;
}

/** What dates a value. Instants of the database are by the PostgreSQL primary's clock. */
export interface FreshnessContext {
  /** Never behind the primary, so that facts never look younger than they are. Infinity: not known. */
  readonly databaseNow: number;
  /** By the clock of Redis. */
  readonly cacheNow: number;
  /** The sound mark of the home's bucket, from a reading that ended before the value was read from Redis; null: none. */
  readonly mark?: FeedMark | null;
  /** Since when this process follows the rule of the home's MLS (`MlsRules.followedSinceAt`); -Infinity: always. */
  readonly followedSinceAt?: number;
}

/** A check that is dated later than now by more than this was dated by a clock that has gone back since. */
export const CLOCK_SLACK_MS = 1_000;

const factsTtlMsOf = (value: Pick<CachedEstimate, 'facts'>, policy: FreshnessPolicy): number =>
  value.facts.status === 'off_market' ? policy.factsTtlOffMarketMs : policy.factsTtlActiveMs;

/** The time up to which the facts are known to hold. */
function asOf(checkedAt: number, mark: FeedMark | null, databaseNow: number): number {
  if (checkedAt > databaseNow + CLOCK_SLACK_MS) return Number.NEGATIVE_INFINITY;
  const isCovered = mark !== null && checkedAt >= mark.sinceAt;
  return isCovered ? Math.max(checkedAt, mark.watermarkAt) : checkedAt;
}

/**
 * May this value be served now? The one rule of freshness.
 *
 * @param value of any listing status; an unknown one is believed as short as an active one
 * @source      design.md section 6, "Fresh enough?" and "MLS rules"
 */
export function freshnessOf(
  value: Pick<CachedEstimate, 'facts' | 'softExpiryAt'>,
  { databaseNow, cacheNow, mark = null, followedSinceAt = Number.NEGATIVE_INFINITY }: FreshnessContext,
  policy: FreshnessPolicy = defaultFreshnessPolicy,
): Freshness {
  const { checkedAt } = value.facts;
  const asOfAt = asOf(checkedAt, mark, databaseNow);
  const ageMs = databaseNow - checkedAt;
  const factsTtlMs = factsTtlMsOf(value, policy);
  // The rules of before may have been stricter: what held then only may never have been anybody's to see.
  const isBelieved = ageMs <= factsTtlMs && asOfAt >= followedSinceAt;
  // Also younger than feedStaleMs: what was acknowledged before a memory was lost has been obeyed already.
  const isRemembered = asOfAt >= (mark?.forgotAt ?? Number.NEGATIVE_INFINITY);
  const isFresh = isBelieved && isRemembered && asOfAt >= databaseNow - policy.feedStaleMs;
  const isNearEnd = ageMs * 100 >= factsTtlMs * policy.backgroundCheckPercent;
  return {
    verdict: isFresh ? (isNearEnd ? 'serve-and-check' : 'serve') : 'check',
    isServableUnchecked: isBelieved && asOfAt >= databaseNow - policy.feedDownMs,
    asOfAt,
    softExpired: cacheNow >= value.softExpiryAt,
  };
}
