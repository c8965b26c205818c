import type { CachedEstimate } from '@porchlight/estimate-cache';
import { outcomeOfHit } from './hit.ts';
import { UNAVAILABLE, type Outcome } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';

/** @returns what is cached of these homes; a home that is gone again is left out */
export type ReadFilled = (propertyIds: readonly string[], source?: 'miss') => Promise<Map<string, Outcome>>;

/** Reads homes that ACQUIRE says are cached, since somebody filled them a moment ago. */
export function createFilledReader({ cache, freshnessOf }: Pick<ReadingPorts, 'cache' | 'freshnessOf'>): ReadFilled {
  return async (propertyIds, source) => {
    if (propertyIds.length === 0) return new Map();
    const values: readonly (CachedEstimate | null)[] = await cache.read(propertyIds).catch(() => []);
    const found = values.filter((value) => value !== null);
    return new Map(
      found.map((value) => {
        const freshness = freshnessOf(value);
        // A fill of this moment with facts that old: nothing to be shown, and the next request checks it.
        if (freshness.verdict === 'check') return [value.propertyId, UNAVAILABLE];
        return [value.propertyId, outcomeOfHit(value, freshness, source)];
      }),
    );
  };
}
