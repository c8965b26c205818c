import type { CacheConfig } from './cache-config.ts';
import { BadCacheEntry } from './errors.ts';
import { checkFacts } from './format.ts';
import { INSTANT_MAX } from './packed-numbers.ts';
import type { EstimateChange, FillRequest } from './port.ts';
import type { FillCommand } from './transitions/fill.ts';
import type { FillTtls } from './transitions/lifetime.ts';
import type { TouchCommand } from './transitions/touch.ts';
import type { UpdateCommand } from './transitions/update.ts';

const VERSION_MIN = 1;

/** @throws {BadCacheEntry} unless it is a whole number from 1 to 2^53 - 1 */
export function checkVersion(propertyId: string, version: number): number {
  if (Number.isSafeInteger(version) && version >= VERSION_MIN) return version;
  throw new BadCacheEntry(`a version of ${propertyId} that is not a whole number from 1 to 2^53 - 1`);
}

/** @throws {BadCacheEntry} unless it is a whole number of milliseconds that six bytes hold */
export function checkInstant(propertyId: string, instant: number): number {
  if (Number.isSafeInteger(instant) && instant >= 0 && instant <= INSTANT_MAX) return instant;
  throw new BadCacheEntry(`an instant of ${propertyId} that is not a whole number of milliseconds`);
}

/**
 * A check as the protocol takes it.
 *
 * @throws {BadCacheEntry}
 */
export const touchCommandOf = (check: TouchCommand & { readonly propertyId: string }): TouchCommand => ({
  visibilityVersion: checkVersion(check.propertyId, check.visibilityVersion),
  checkedAt: checkInstant(check.propertyId, check.checkedAt),
});

/**
 * A fill as the protocol takes it: checked before it is sent, so that nothing is stored which cannot be read.
 *
 * @throws {BadCacheEntry | PayloadTooLarge}
 */
export function fillCommandOf(request: FillRequest, ttls: FillTtls, config: CacheConfig): FillCommand {
  const { propertyId, facts, ticket } = request;
  const isFactsOnly = request.estimate === 'unknown';
  const estimate = request.estimate === 'unknown' ? null : request.estimate;
  checkFacts(propertyId, facts);
  const { visibilityVersion, status, mlsId, overrideLevel, checkedAt } = facts;
  return {
    class: request.class,
    ticket: { epoch: ticket.epoch, nonce: ticket.nonce, acquiredAt: checkInstant(propertyId, ticket.acquiredAt) },
    facts: { visibilityVersion, status, mlsId, overrideLevel, checkedAt },
    isFactsOnly,
    estimateVersion: estimate && checkVersion(propertyId, estimate.estimateVersion),
    estimateJson: estimate && config.payloadOf(propertyId, estimate, config.payloadBytesMax),
    ttls,
  };
}

/** @throws {BadCacheEntry | PayloadTooLarge} */
export function updateCommandOf(change: EstimateChange, config: CacheConfig): UpdateCommand {
  const { propertyId, estimate } = change;
  return {
    estimateVersion: checkVersion(propertyId, change.estimateVersion),
    estimateJson: estimate && config.payloadOf(propertyId, estimate, config.payloadBytesMax),
  };
}
