import type { CachedEstimate, Freshness } from '@porchlight/estimate-cache';
import type { Checked } from './check.ts';
import { outcomeOfHit } from './hit.ts';
import { UNAVAILABLE, UNKNOWN, type AnswerSource, type Outcome } from './outcome.ts';

/**
 * What a cached value answers after its CHECK. Pure.
 *
 * @param freshness of the value as it was read, judged now
 * @param source    as for `outcomeOfHit`
 * @returns null: the value was removed, and the home is a miss
 */
export function outcomeAfterCheck(
  value: CachedEstimate,
  { verdict, checkedAt }: Checked,
  freshness: Freshness,
  source?: AnswerSource,
): Outcome | null {
  switch (verdict) {
    case 'same':
      return outcomeOfHit(value, { ...freshness, asOfAt: checkedAt }, source);
    case 'newer':
      return null;
    case 'gone':
      return UNKNOWN;
    case 'older':
      return UNAVAILABLE;
    case 'refused':
      return freshness.isServableUnchecked ? outcomeOfHit(value, freshness, source) : UNAVAILABLE;
  }
}
