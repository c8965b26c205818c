import type { MetricsScrape } from '@porchlight/telemetry';

/** What upstream has billed, by the seller's own meter. */
export interface Bill {
  billedRequests: number;
}

/** One look at the running fleet. A process that does not answer is left out. */
export interface Look {
  api: MetricsScrape | undefined;
  writer: MetricsScrape | undefined;
  bill: Bill | undefined;
}

/** The figures of the live line; undefined where there is nothing to count yet. Fractions are 0..1. */
export interface Figures {
  itemHitRate: number | undefined;
  mapP50Ms: number | undefined;
  mapP90Ms: number | undefined;
  warmupP95Ms: number | undefined;
  /** Signed, against what the same answers would have cost without a cache: -0.4 is 40 % fewer. */
  billedRequestsChange: number | undefined;
  restricted: number;
}

const ITEMS = 'porchlight.estimate_api.items';
const REQUESTS = 'porchlight.estimate_api.requests';
const ANSWER = 'porchlight.estimate_api.answer.duration';
const WARMUP = 'porchlight.data_writer.warmup.duration';
const RESTRICTED = 'porchlight.estimate_api.restricted';

/** Upstream takes at most this many ids a call. */
const UPSTREAM_BATCH_MAX = 100;
/** An answer with one of these is never paid for, with or without a cache. */
const freeStatuses = ['unknown', 'withheld', 'restricted'];

const inMs = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1000);

/** Hits over all items except unknown homes; pending is a miss. */
function itemHitRateOf(api: MetricsScrape): number | undefined {
  const known = api.sum(ITEMS) - api.sum(ITEMS, { status: 'unknown' });
  const unknownHits = api.sum(ITEMS, { status: 'unknown', source: 'hit' });
  const hits = api.sum(ITEMS, { source: 'hit' }) + api.sum(ITEMS, { source: 'warm_hit' }) - unknownHits;
  return known > 0 ? hits / known : undefined;
}

/** The calls that these answers would have billed without a cache: each answer pays for its homes in batches of 100. */
function noCacheRequestsOf(api: MetricsScrape): number {
  const routes = ['single', 'batch', 'map'];
  const costs = routes.map((route) => {
    const free = freeStatuses.reduce((sum, status) => sum + api.sum(ITEMS, { route, status }), 0);
    const paid = api.sum(ITEMS, { route }) - free;
    const answers = api.sum(REQUESTS, { route, outcome: 'ok' });
    if (paid <= 0 || answers <= 0) return 0;
    // An answer in which every home is free costs nothing, so there are at most `paid` that cost something.
    const paying = Math.min(answers, paid);
    return paying * Math.ceil(paid / paying / UPSTREAM_BATCH_MAX);
  });
  return costs.reduce((sum, cost) => sum + cost, 0);
}

/**
 * The figures between two looks.
 *
 * @param recent  the look that the rates and times are counted from
 * @param first   the look that the bill and the restricted answers are counted from
 */
export function figuresOf(now: Look, recent: Look, first: Look): Figures {
  const since = (of: 'api' | 'writer', earlier: Look) => {
    const [scrape, before] = [now[of], earlier[of]];
    return scrape && before ? scrape.since(before) : scrape;
  };
  const [api, whole, writer] = [since('api', recent), since('api', first), since('writer', recent)];
  const billed = (now.bill?.billedRequests ?? 0) - (first.bill?.billedRequests ?? 0);
  const noCache = whole === undefined ? 0 : noCacheRequestsOf(whole);
  return {
    itemHitRate: api && itemHitRateOf(api),
    mapP50Ms: inMs(api?.quantile(ANSWER, 0.5, { route: 'map' })),
    mapP90Ms: inMs(api?.quantile(ANSWER, 0.9, { route: 'map' })),
    warmupP95Ms: inMs(writer?.quantile(WARMUP, 0.95)),
    billedRequestsChange: now.bill && noCache > 0 ? billed / noCache - 1 : undefined,
    restricted: whole?.sum(RESTRICTED) ?? 0,
  };
}

const NONE = '–';
const percent = (share: number | undefined) => (share === undefined ? NONE : `${Math.round(share * 100)} %`);

function duration(ms: number | undefined): string {
  if (ms === undefined) return NONE;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

function change(share: number | undefined): string {
  if (share === undefined) return NONE;
  const rounded = Math.round(Math.abs(share) * 100);
  return share <= 0 ? `${rounded} % saved` : `${rounded} % more`;
}

/** One line for a person. */
export function liveLineOf(figures: Figures, down: readonly string[] = []): string {
  const parts = [
    `items from Redis ${percent(figures.itemHitRate)}`,
    `map p50 ${duration(figures.mapP50Ms)} p90 ${duration(figures.mapP90Ms)}`,
    `warm-up p95 ${duration(figures.warmupP95Ms)}`,
    `billed requests ${change(figures.billedRequestsChange)}`,
    `restricted ${figures.restricted.toLocaleString('en-US')}`,
  ];
  return [...parts, ...(down.length > 0 ? [`DOWN: ${down.join(', ')}`] : [])].join(' | ');
}
