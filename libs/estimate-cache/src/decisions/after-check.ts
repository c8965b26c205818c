import type { Facts } from '@porchlight/contracts';

/** The cached facts against those of the primary. `gone`: no such home. `older`: the primary went back. */
export type FactsComparison = 'same' | 'newer' | 'older' | 'gone';

/** What CHECK does about it: TOUCH and serve; INVALIDATE that version, then fetch; say nothing; say that there is no such home. */
export type CheckNext = 'touch' | 'invalidate' | 'unavailable' | 'unknown';

/** Pure: the cached version against the primary's. */
export function compareFacts(
  cached: Pick<Facts, 'visibilityVersion'>,
  found: Pick<Facts, 'visibilityVersion'> | undefined,
): FactsComparison {
  if (found === undefined) return 'gone';
  if (found.visibilityVersion === cached.visibilityVersion) return 'same';
  return found.visibilityVersion > cached.visibilityVersion ? 'newer' : 'older';
}

const next: Readonly<Record<FactsComparison, CheckNext>> = {
  same: 'touch',
  newer: 'invalidate',
  older: 'unavailable',
  gone: 'unknown',
};

export const afterCheck = (comparison: FactsComparison): CheckNext => next[comparison];
