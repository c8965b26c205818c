import type { Freshness, FreshnessVerdict } from '../freshness.ts';

/** `fetch`: nothing is cached. The others as `freshnessOf` says them. */
export type ReadNext = FreshnessVerdict | 'fetch';

/**
 * What a read asks for. Pure.
 *
 * @param freshness of the value that was read; null: there was none, or none that anybody can read
 */
export const afterRead = (freshness: Pick<Freshness, 'verdict'> | null): ReadNext =>
  freshness === null ? 'fetch' : freshness.verdict;
