import type { Freshness, FreshnessVerdict } from '../freshness.ts';
import type { CachedEstimate } from '../port.ts';

/** `fetch`: nothing is cached. The others as `freshnessOf` says them. */
export type ReadNext = FreshnessVerdict | 'fetch';

/**
 * What a read asks for. Pure.
 *
 * @param freshness of the value that was read; null: there was none, or none that anybody can read
 */
export const afterRead = (freshness: Pick<Freshness, 'verdict'> | null): ReadNext =>
  freshness === null ? 'fetch' : freshness.verdict;

/**
 * Whether a cached value answers a viewer. Pure.
 *
 * Facts alone answer whoever may not see the home by them. For whoever may they are a miss: nobody has looked for the estimate,
 * and to say `none` would hide one until that value ends.
 *
 * @param maySee  by the facts of this value
 */
export const answersViewer = ({ isFactsOnly }: Pick<CachedEstimate, 'isFactsOnly'>, maySee: boolean): boolean =>
  !isFactsOnly || !maySee;
