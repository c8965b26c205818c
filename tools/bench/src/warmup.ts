import { setTimeout as delay } from 'node:timers/promises';
import type { MetricsScrape } from '@porchlight/telemetry';
import { generateCity } from '@porchlight/city';
import { browse, homesOfCity, readStandardWorkload } from '@porchlight/traffic';
import type { Bench, Figures, Say } from './bench.ts';
import { withBenchWorld, type BenchWorld } from './bench-world.ts';
import { residentMemory } from './resident-memory.ts';
import { rounded } from './quantiles.ts';

const SEED = 1;
const HOMES = 120_000;
const MINUTE_MS = 60_000;
const MS_A_SECOND = 1_000;
const TIME = 'porchlight.data_writer.warmup.duration';
const PIPELINE_TIME = 'porchlight.data_writer.pipeline.duration';

/** A session takes this long on average, by the standard workload's actions and gaps; so many begin that `sessions` are under way. */
const SESSION_MINUTES = 195 / 60;

/** Share of the homes with a ticket that never reached Redis: late, cut, refused, or still under way. */
function lostShare(filter: MetricsScrape, writer: MetricsScrape): number {
  const ticketed = filter.sum('porchlight.request_filter.homes', { outcome: 'requested' });
  const stored = ['ok', 'older'].map((outcome) => writer.sum('porchlight.data_writer.fills', { outcome }));
  return ticketed === 0 ? 0 : 1 - stored.reduce((sum, each) => sum + each, 0) / ticketed;
}

/** @returns figures of all homes that were written between two looks at the writer's histograms */
function timesOf(written: MetricsScrape) {
  const quantileMs = (name: string, q: number): number => rounded((written.quantile(name, q) ?? 0) * MS_A_SECOND);
  return {
    p50Ms: quantileMs(TIME, 0.5),
    p95Ms: quantileMs(TIME, 0.95),
    p99Ms: quantileMs(TIME, 0.99),
    pipelineP50Ms: quantileMs(PIPELINE_TIME, 0.5),
    pipelineP95Ms: quantileMs(PIPELINE_TIME, 0.95),
    homesWarmed: written.count(TIME),
  };
}

async function measure({ fleet }: BenchWorld, knobs: Readonly<Record<string, number>>, say: Say): Promise<Figures> {
  const { sessions = 0, coldMinutes = 0, minutes = 0 } = knobs;
  const workload = { ...readStandardWorkload().workload, sessionsPerMinute: sessions / SESSION_MINUTES };
  const scrapes = async (): Promise<{ filter: MetricsScrape; writer: MetricsScrape }> => {
    const [filter, writer] = await Promise.all([fleet.metrics('request-filter'), fleet.metrics('data-writer')]);
    if (!filter || !writer) throw new Error('an app did not answer for its metrics');
    return { filter, writer };
  };
  const atStart = await scrapes();
  say(`${sessions} sessions browse for ${coldMinutes} min from an empty cache, then for ${minutes} min that count …`);
  const browsing = browse({
    apiUrl: fleet.apiUrl,
    seed: SEED,
    workload,
    homes: homesOfCity(generateCity({ homes: HOMES, seed: SEED })),
    tokenOf: (role) => (role === 'unregistered' ? Promise.resolve(undefined) : fleet.auth.token(role)),
    durationMs: (coldMinutes + minutes) * MINUTE_MS,
  });
  await Promise.race([delay(coldMinutes * MINUTE_MS), browsing]);
  const warmed = await scrapes();
  const cold = timesOf(warmed.writer.since(atStart.writer));
  say(`from empty: ${cold.homesWarmed} homes, p50 ${cold.p50Ms}, p95 ${cold.p95Ms} ms`);
  const seen = await browsing;
  const atEnd = await scrapes();
  const written = atEnd.writer.since(warmed.writer);
  return {
    ...timesOf(written),
    sessions,
    coldP50Ms: cold.p50Ms,
    coldP95Ms: cold.p95Ms,
    coldHomesWarmed: cold.homesWarmed,
    lostShare: rounded(lostShare(atEnd.filter.since(warmed.filter), written)),
    mapCalls: seen.map.answered,
    rssMb: residentMemory(fleet, say),
  };
}

export const warmup: Bench = {
  name: 'warmup',
  measures: "From a viewport's event published to a neighbour's value in Redis, for each home that got a ticket.",
  knobs: {
    sessions: { default: 50, what: 'sessions under way at a time' },
    coldMinutes: {
      default: 3,
      what: 'how long they browse first, from an empty cache: the standard workload’s warm-up',
    },
    minutes: { default: 4, what: 'how long they browse then: what counts' },
  },
  run: (knobs, say, signal) =>
    withBenchWorld({ homes: HOMES, seed: SEED, say, signal }, (world) => measure(world, knobs, say)),
};
