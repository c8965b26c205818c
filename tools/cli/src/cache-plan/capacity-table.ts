import { planCache, type CachePlan } from './plan-cache.ts';
import { planVisitors, type VisitorDemand, type VisitorLoad } from './plan-visitors.ts';
import { SHARD_GIB_USUAL, measured } from './measured.ts';

/** A site of 90 million homes. The first figure is given, the others are assumptions: deploy/capacity.md says so of each. */
export const largestSite = {
  visitorsPerMonth: 338_000_000,
  visitsPerVisitor: 3,
  mapViewsPerVisit: 10,
  homesPerView: 50,
  peakFactor: 3,
} as const satisfies VisitorDemand;

const HOMES = 90_000_000;
const HIT_PERCENT = 80;

/** What a replica does, where another page says so. A test holds each against its source. */
export const perReplica = {
  /** `recordsPerS` of apps/forecaster/deploy.yaml: an assumption on the safe side. */
  forecasterPerS: 150,
  /** `recordsPerS` of apps/request-filter/deploy.yaml: likewise. */
  requestFilterPerS: 200,
  /** Processor time of a batch of 100 cached homes: tools/bench/src/overload/README.md. */
  batchUs: 240,
  /** The autoscaler keeps estimate-api's core this busy. */
  apiBusyShare: 0.6,
} as const;

/** HOMES_PER_FORECAST_MAX in records of 100 homes: as many as one view can become. */
const CANDIDATE_RECORDS_MAX = 8;

/** What the largest site asks for at its peak. */
export interface Capacity {
  readonly load: VisitorLoad;
  readonly cache: CachePlan;
  readonly forecasters: number;
  readonly requestFilters: number;
  readonly estimateApis: number;
}

/** @returns how many of each the site needs; pure arithmetic */
export function planCapacity(demand: VisitorDemand = largestSite): Capacity {
  const load = planVisitors(demand);
  const cache = planCache({
    homes: HOMES,
    activePercent: 2,
    readsPerS: Math.round(load.homesPerS),
    homesPerRead: demand.homesPerView,
    hitPercent: HIT_PERCENT,
    copies: 1,
    shardGib: SHARD_GIB_USUAL,
    homeBytes: measured.homeBytes,
    usdPerGibMonth: null,
  });
  return {
    load,
    cache,
    forecasters: Math.ceil(load.viewsPerS / perReplica.forecasterPerS),
    requestFilters: Math.ceil((load.viewsPerS * CANDIDATE_RECORDS_MAX) / perReplica.requestFilterPerS),
    estimateApis: Math.ceil((load.viewsPerS * perReplica.batchUs) / 1e6 / perReplica.apiBusyShare),
  };
}

const whole = (number: number): string => Math.round(number).toLocaleString('en-US');

/** @returns the table of deploy/capacity.md */
export function printCapacity({ load, cache, forecasters, requestFilters, estimateApis }: Capacity): string {
  const rows = [
    ['what', 'at the peak', 'needs'],
    ['---', '---', '---'],
    ['maps drawn', `${whole(load.viewsPerS)} a second`, `estimate-api: ${estimateApis} replicas`],
    ['homes read', `${whole(load.homesPerS)} a second`, `Redis: ${cache.shards} shards, each with a copy`],
    ['homes kept', whole(HOMES), `Redis: ${(cache.usedBytes / 2 ** 30).toFixed(1)} GiB of used_memory`],
    ['homes paid for', `${whole(cache.fillsPerS)} a second`, 'a budget: `UPSTREAM_BUDGET_ITEMS_PER_S`'],
    ['views forecast', `${whole(load.viewsPerS)} a second`, `forecaster: ${forecasters} replicas`],
    [
      'candidates looked at',
      `${whole(load.viewsPerS * CANDIDATE_RECORDS_MAX)} records a second`,
      `request-filter: ${requestFilters} replicas`,
    ],
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
