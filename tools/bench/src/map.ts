import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { generateCity } from '@porchlight/city';
import type { MetricsScrape } from '@porchlight/telemetry';
import {
  browse,
  homesOfCity,
  planSessions,
  readStandardWorkload,
  type HomesIndex,
  type TrafficReport,
} from '@porchlight/traffic';
import type { Bench, Figures, Say } from './bench.ts';
import { withBenchWorld, type BenchWorld } from './bench-world.ts';
import { connectRedis } from './drivers.adapter.ts';
import { noCacheBill, type Bill } from './no-cache-bill.ts';
import { rounded } from './quantiles.ts';
import { residentMemory } from './resident-memory.ts';

const ITEMS = 'porchlight.estimate_api.items';
const standard = readStandardWorkload();

/** What one arm showed in its measured window. */
interface Arm {
  readonly warm: boolean;
  readonly itemHitRate: number;
  readonly warmHitRate: number;
  readonly singleHitRate: number;
  readonly seen: TrafficReport;
  readonly bill: Bill;
  readonly rssMb: Record<string, number>;
}

/** Hits over all ids asked for on a route, `unknown` left out. */
function hitRate(api: MetricsScrape, route: string, sources: readonly string[]): number {
  const asked = api.sum(ITEMS, { route }) - api.sum(ITEMS, { route, status: 'unknown' });
  const hits = sources.reduce((sum, source) => sum + api.sum(ITEMS, { route, source }), 0);
  return asked === 0 ? 0 : hits / asked;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

async function meterReset(simulatorUrl: string): Promise<Bill> {
  const response = await fetch(`${simulatorUrl}/admin/meter/reset`, { method: 'POST' });
  return (await response.json()) as Bill;
}

/** Runs the whole plan from an empty cache, with or without the forecaster, and reads the measured window. */
async function runArm({ fleet, stack }: BenchWorld, homes: HomesIndex, warm: boolean, say: Say): Promise<Arm> {
  if (warm) await fleet.restart('forecaster');
  else if (fleet.pid('forecaster') !== undefined) await fleet.kill('forecaster', 'SIGTERM');
  const redis = connectRedis(stack.redisUrl);
  await redis.flushall();
  redis.disconnect();
  const browsing = browse({
    apiUrl: fleet.apiUrl,
    seed: standard.seed,
    workload: standard.workload,
    homes,
    tokenOf: (role) => (role === 'unregistered' ? Promise.resolve(undefined) : fleet.auth.token(role)),
    durationMs: standard.warmupMs + standard.measuredMs,
    countFromMs: standard.warmupMs,
  });
  await delay(standard.warmupMs);
  const before = await fleet.metrics('estimate-api');
  await meterReset(fleet.simulatorUrl);
  const seen = await browsing;
  const api = (await fleet.metrics('estimate-api')).since(before);
  const bill = await meterReset(fleet.simulatorUrl);
  const arm = {
    warm,
    itemHitRate: hitRate(api, 'map', ['hit', 'warm_hit']),
    warmHitRate: hitRate(api, 'map', ['warm_hit']),
    singleHitRate: hitRate(api, 'single', ['hit', 'warm_hit']),
    seen,
    bill,
    rssMb: residentMemory(fleet, warm ? say : () => undefined),
  };
  say(
    `${warm ? 'with warm-up   ' : 'without warm-up'}: item hits ${percent(arm.itemHitRate)} (${percent(arm.warmHitRate)} warm), single hits ${percent(arm.singleHitRate)}, ` +
      `map p50 ${rounded(seen.map.p50Ms)} p90 ${rounded(seen.map.p90Ms)} ms over ${seen.map.answered} calls, ` +
      `billed ${bill.billedRequests} requests, ${bill.billedItems} items; load ${loadavg()[0]?.toFixed(1)}`,
  );
  return arm;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function figuresOf(arms: readonly Arm[], noCache: Bill): Figures {
  const of = (warm: boolean, figure: (arm: Arm) => number): number =>
    median(arms.filter((arm) => arm.warm === warm).map(figure));
  const change = (warm: boolean, what: keyof Bill): number =>
    rounded(of(warm, ({ bill }) => bill[what]) / noCache[what] - 1);
  const share = (value: number): number => Math.round(value * 1_000) / 1_000;
  return {
    itemHitRate: share(of(true, ({ itemHitRate }) => itemHitRate)),
    itemHitRateNoWarmup: share(of(false, ({ itemHitRate }) => itemHitRate)),
    singleHitRate: share(of(true, ({ singleHitRate }) => singleHitRate)),
    singleHitRateNoWarmup: share(of(false, ({ singleHitRate }) => singleHitRate)),
    p50Ms: rounded(of(true, ({ seen }) => seen.map.p50Ms)),
    p90Ms: rounded(of(true, ({ seen }) => seen.map.p90Ms)),
    p50MsNoWarmup: rounded(of(false, ({ seen }) => seen.map.p50Ms)),
    p90MsNoWarmup: rounded(of(false, ({ seen }) => seen.map.p90Ms)),
    billedRequestsChange: change(true, 'billedRequests'),
    billedItemsChange: change(true, 'billedItems'),
    billedRequestsChangeNoWarmup: change(false, 'billedRequests'),
    billedItemsChangeNoWarmup: change(false, 'billedItems'),
    rssMbMax: Math.max(...arms.flatMap(({ rssMb }) => Object.values(rssMb))),
    mapCalls: of(true, ({ seen }) => seen.map.answered),
    arms: arms.length,
  };
}

async function measure(world: BenchWorld, rounds: number, say: Say): Promise<Figures> {
  const city = generateCity(standard.city);
  const homes = homesOfCity(city);
  const { warmupMs, measuredMs } = standard;
  const plan = [...planSessions(standard.seed, standard.workload, homes, { durationMs: warmupMs + measuredMs })];
  const noCache = await noCacheBill(
    plan.filter(({ atMs }) => atMs >= warmupMs),
    homes,
    city,
  );
  say(`without a cache the measured window bills ${noCache.billedRequests} requests, ${noCache.billedItems} items`);
  const arms: Arm[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const warm of [false, true]) arms.push(await runArm(world, homes, warm, say));
  }
  return figuresOf(arms, noCache);
}

export const map: Bench = {
  name: 'map',
  measures:
    'Map answers on the standard workload, with and without warm-up, arms interleaved: hit rate, p50, p90, what was billed.',
  knobs: { rounds: { default: 2, what: 'pairs of arms, eight minutes each arm' } },
  run: ({ rounds = 1 }, say, signal) =>
    withBenchWorld({ ...standard.city, say, signal }, (world) => measure(world, rounds, say)),
};
