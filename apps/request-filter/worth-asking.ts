import type { AcquireRequest, CachedEstimate } from '@porchlight/estimate-cache';

/** A cached home is refreshed ahead when less than this share of its lifetime is left. */
export const REFRESH_BELOW_SHARE = 0.2;

export interface Wanted {
  readonly requests: readonly AcquireRequest[];
  /** Homes that are cached and young enough. */
  readonly cached: number;
}

/** Whether a cached value is near its end. Its whole life is measured from the ticket behind it. */
export function isNearItsEnd({ acquiredAt, hardExpiryAt }: CachedEstimate, now: number): boolean {
  return hardExpiryAt - now < REFRESH_BELOW_SHARE * (hardExpiryAt - acquiredAt);
}

/**
 * Which homes to draw a ticket for: those that are not cached, and those near their end, whose ticket then names the
 * value that was seen.
 *
 * @param now this process's clock: a skew moves a refresh by as much and breaks nothing
 */
export function worthAsking(
  propertyIds: readonly string[],
  cached: readonly (CachedEstimate | null)[],
  { now, nonceOf }: { now: number; nonceOf: (propertyId: string) => string },
): Wanted {
  const requests: AcquireRequest[] = [];
  propertyIds.forEach((propertyId, at) => {
    const value = cached[at] ?? null;
    const nonce = nonceOf(propertyId);
    if (value === null) requests.push({ propertyId, nonce });
    else if (isNearItsEnd(value, now)) requests.push({ propertyId, nonce, seenSoftExpiryAt: value.softExpiryAt });
  });
  return { requests, cached: propertyIds.length - requests.length };
}
