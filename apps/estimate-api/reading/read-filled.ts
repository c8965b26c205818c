import { answersViewer, type CachedEstimate } from '@porchlight/estimate-cache';
import type { Check } from './check.ts';
import { outcomeAfterCheck } from './checked-outcome.ts';
import { outcomeOfHit } from './hit.ts';
import type { Outcome } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';

/** @returns what is cached of these homes; a home that is gone again, or of which facts alone are cached by now, is left out */
export type ReadFilled = (propertyIds: readonly string[], source?: 'miss') => Promise<Map<string, Outcome>>;

/** Reads homes that ACQUIRE says are cached, since somebody filled them a moment ago; perhaps with facts that are older. */
export function createFilledReader(
  { cache, freshnessNow }: Pick<ReadingPorts, 'cache' | 'freshnessNow'>,
  check: Check,
): ReadFilled {
  return async (propertyIds, source) => {
    if (propertyIds.length === 0) return new Map();
    const freshnessOf = freshnessNow();
    const values: readonly (CachedEstimate | null)[] = await cache.read(propertyIds).catch(() => []);
    const found = new Map<string, Outcome>();
    const doubtful: CachedEstimate[] = [];
    for (const value of values) {
      if (value === null || !answersViewer(value, true)) continue; // who asked for a lease may see the home, or asks once more
      const freshness = freshnessOf(value);
      if (freshness.verdict === 'check') doubtful.push(value);
      else found.set(value.propertyId, outcomeOfHit(value, freshness, source));
    }
    const checked = doubtful.length === 0 ? [] : await check(doubtful);
    for (const [at, value] of doubtful.entries()) {
      const outcome = outcomeAfterCheck(value, checked[at] ?? { verdict: 'refused' }, freshnessOf(value), source);
      if (outcome !== null) found.set(value.propertyId, outcome);
    }
    return found;
  };
}
