import type { MetricsScrape } from '@porchlight/telemetry';

/** What estimate-api says of itself, over all of its processes. */
export interface ApiFigures {
  /** Homes answered, all but those that do not exist. */
  readonly homes: number;
  /** Share of them answered from the cache, 0..1; null: none was asked for. */
  readonly hitRate: number | null;
  readonly calls: number;
  /** From the arrival of a call to its answer, over all routes; null: there was none. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly paidCalls: number;
  readonly pending: number;
}

const ITEMS = 'porchlight.estimate_api.items';
const ANSWERS = 'porchlight.estimate_api.answer.duration';
const MS = 1_000;

/**
 * Pure.
 *
 * @param scrape since the processes started, or what rose since an earlier reading
 */
export function apiFigures(scrape: MetricsScrape): ApiFigures {
  const homes = scrape.sum(ITEMS) - scrape.sum(ITEMS, { status: 'unknown' });
  const hits = ['hit', 'warm_hit'].map(
    (source) => scrape.sum(ITEMS, { source }) - scrape.sum(ITEMS, { source, status: 'unknown' }),
  );
  const msOf = (q: number): number | null => {
    const seconds = scrape.quantile(ANSWERS, q);
    return seconds === undefined ? null : seconds * MS;
  };
  return {
    homes,
    hitRate: homes === 0 ? null : hits.reduce((sum, each) => sum + each, 0) / homes,
    calls: scrape.count(ANSWERS),
    p50Ms: msOf(0.5),
    p99Ms: msOf(0.99),
    paidCalls: scrape.sum('porchlight.estimate_api.upstream.calls'),
    pending: scrape.sum('porchlight.estimate_api.pending'),
  };
}
