import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { cachedEstimateOf } from '../../cached-estimate.ts';
import type { CacheConfig } from '../../cache-config.ts';
import { fillCommandOf } from '../../checked-commands.ts';
import { printValue } from '../../format.ts';
import { keysOf } from '../../keys.ts';
import type { EstimateCache, FillRequest } from '../../port.ts';
import { drawTtls, hardTtlMsOf, softTtlMsOf } from '../../transitions/lifetime.ts';

/** What SET stores: the fetched facts and the fetched estimate, whatever is there. */
function valueOf(request: FillRequest, config: CacheConfig) {
  const { facts, isFactsOnly, estimateVersion, estimateJson, ticket, ttls } = fillCommandOf(
    request,
    drawTtls(config, 0),
    config,
  );
  const hardTtlMs = hardTtlMsOf({ isNone: estimateJson === null, status: facts.status }, ttls);
  return {
    class: request.class,
    facts,
    isFactsOnly,
    estimateVersion,
    estimateJson,
    acquiredAt: ticket.acquiredAt,
    softExpiryAt: ticket.acquiredAt + softTtlMsOf(hardTtlMs, config.softPercent),
    hardExpiryAt: ticket.acquiredAt + hardTtlMs,
  };
}

/**
 * The control: cache-aside as it is written everywhere. A miss fetches and SETs, a change DELs; there is no ticket and no fence,
 * so everybody wins. It must fail, or the histories that our cache passes prove nothing.
 *
 * @param reading  how values are read: the same as ours
 */
export function plainCache(redis: Redis, config: CacheConfig, reading: Pick<EstimateCache, 'read'>): EstimateCache {
  const keyOf = (propertyId: string) => keysOf(propertyId, config.keyGeneration).value;
  const nowMs = async () => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  };
  const remove =
    <T>(outcomes: { done: T; absent: T }) =>
    async (changes: readonly { propertyId: string }[]): Promise<T[]> => {
      const removed = await Promise.all(changes.map(({ propertyId }) => redis.del(keyOf(propertyId))));
      return removed.map((count) => (count === 1 ? outcomes.done : outcomes.absent));
    };
  return {
    read: (propertyIds) => reading.read(propertyIds),
    async acquire(requests) {
      const [now, ...found] = await Promise.all([
        nowMs(),
        ...requests.map(({ propertyId }) => redis.exists(keyOf(propertyId))),
      ]);
      return requests.map(({ nonce, seenSoftExpiryAt = null }, at) => {
        if (found[at] === 1 && seenSoftExpiryAt === null) return { outcome: 'hit' };
        const epoch = randomBytes(16).toString('base64url');
        return { outcome: 'win', ticket: { epoch, nonce, acquiredAt: now, seenSoftExpiryAt }, factsFence: 0 };
      });
    },
    async fill(requests) {
      return await Promise.all(
        requests.map(async (request) => {
          const value = valueOf(request, config);
          await redis.set(keyOf(request.propertyId), printValue(value), 'PXAT', value.hardExpiryAt);
          return { outcome: 'ok' as const, stored: cachedEstimateOf(request.propertyId, value) };
        }),
      );
    },
    release: async () => {},
    forget: async () => {},
    invalidate: remove({ done: 'removed', absent: 'absent' } as const),
    update: remove({ done: 'updated', absent: 'absent' } as const),
    touch: async (checks) => checks.map(() => 'touched'),
    recheck: async (requests) => requests.map(() => true),
  };
}
