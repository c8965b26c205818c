import type { UpdatedEstimate } from '@porchlight/contracts';
import { BadCacheEntry, PayloadTooLarge } from './errors.ts';

const isDollars = (usd: number): boolean => Number.isSafeInteger(usd) && usd >= 0;

/**
 * An estimate as the bytes that every client gets: one order of fields, whole dollars, no spaces.
 *
 * @throws {BadCacheEntry} if an amount is not a whole number of dollars, or the instant not one of milliseconds
 * @throws {PayloadTooLarge} if the bytes are more than `bytesMax`
 */
export function estimateJsonOf(propertyId: string, estimate: UpdatedEstimate, bytesMax: number): string {
  const { valueUsd, lowUsd, highUsd, computedAt } = estimate;
  if (![valueUsd, lowUsd, highUsd, computedAt].every(isDollars)) {
    throw new BadCacheEntry(`an estimate of ${propertyId} whose numbers are not whole`);
  }
  const json = JSON.stringify({ valueUsd, lowUsd, highUsd, computedAt });
  if (json.length > bytesMax) throw new PayloadTooLarge(propertyId, json.length, bytesMax);
  return json;
}
