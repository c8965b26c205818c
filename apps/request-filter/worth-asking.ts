import type { AcquireRequest, CachedEstimate } from '@porchlight/estimate-cache';
import type { RuleBook } from '@porchlight/visibility';
import { isHidden } from './judge-tickets.ts';

/** A cached home is refreshed ahead when less than this share of its lifetime is left. */
export const REFRESH_BELOW_SHARE = 0.2;

export interface Wanted {
  readonly requests: readonly AcquireRequest[];
  /** Homes of which facts alone are cached, by which nobody may see them. */
  readonly hidden: number;
  /** Homes that are cached and young enough. */
  readonly cached: number;
}

/** Whether a cached value is near its end. Its whole life is measured from the ticket behind it. */
export function isNearItsEnd({ acquiredAt, hardExpiryAt }: CachedEstimate, now: number): boolean {
  return hardExpiryAt - now < REFRESH_BELOW_SHARE * (hardExpiryAt - acquiredAt);
}

/**
 * Which homes to draw a ticket for: those that are not cached, those near their end, whose ticket then names the value that was
 * seen, and those of which facts alone are cached, if anybody may see them.
 *
 * @param now this process's clock: a skew moves a refresh by as much, or asks once in vain, and breaks nothing
 */
export function worthAsking(
  propertyIds: readonly string[],
  cached: readonly (CachedEstimate | null)[],
  { now, nonceOf, rules }: { now: number; nonceOf: (propertyId: string) => string; rules: RuleBook },
): Wanted {
  const requests: AcquireRequest[] = [];
  let hidden = 0;
  propertyIds.forEach((propertyId, at) => {
    const value = cached[at] ?? null;
    const nonce = nonceOf(propertyId);
    if (value === null) requests.push({ propertyId, nonce });
    else if (value.isFactsOnly) {
      if (isHidden(value.facts, rules, now) && !isNearItsEnd(value, now)) hidden += 1;
      else requests.push({ propertyId, nonce });
    } else if (isNearItsEnd(value, now)) requests.push({ propertyId, nonce, seenSoftExpiryAt: value.softExpiryAt });
  });
  return { requests, hidden, cached: propertyIds.length - requests.length - hidden };
}
