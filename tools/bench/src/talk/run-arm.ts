import { setTimeout as delay } from 'node:timers/promises';
import { cityLife } from '@porchlight/city';
import { FLAGS_KEY, printFlags } from '@porchlight/rollout';
import type { Fleet } from '@porchlight/run';
import type { Stack } from '@porchlight/stack';
import type { MetricsScrape } from '@porchlight/telemetry';
import { browse, type HomesIndex, type StandardWorkload } from '@porchlight/traffic';
import type { LoggedCall } from '@porchlight/upstream-simulator';
import { connectRedis } from '../drivers.adapter.ts';
import type { Bill } from '../no-cache-bill.ts';
import type { ArmSetting } from './arms.ts';
import { mapAnswersOf, type MapAnswer } from './map-answers.ts';
import { createSeenCalls, type SeenCall, type TalkKind } from './seen-calls.ts';
import { splitBill, type BillByKind } from './split-bill.ts';
import { readViewEvents } from './view-events.adapter.ts';

/** Long enough for every miss to be fetched: what is measured is the time to a complete answer. */
export const DEADLINE_MS = 5_000;

/** Paid calls of one window; the busiest, with no cache, has some hundred. */
export const CALLS_KEPT_MAX = 20_000;

const ITEMS = 'porchlight.estimate_api.items';
const SECONDS_A_MINUTE = 60;
/** How long after the last call its event may take into the topic. */
const EVENTS_LATE_MS = 2_000;

export interface TalkPlan {
  readonly standard: StandardWorkload;
  readonly homes: HomesIndex;
  /** Where in the plan an arm begins. */
  readonly fromMs: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** Homes that are valued anew each second, in every arm. */
  readonly updatesPerS: number;
}

/** What one arm showed. */
export interface ArmResult {
  /** All calls, also those before the window. */
  readonly seen: readonly SeenCall[];
  /** Those of the window. */
  readonly counted: readonly SeenCall[];
  readonly hits: Readonly<Record<TalkKind, { readonly asked: number; readonly hit: number; readonly warm: number }>>;
  /** The seller's meter. */
  readonly bill: Bill;
  readonly billOf: BillByKind;
  /** Of it, what nobody waited for: warm-ups and refreshes. */
  readonly background: Bill;
  /** Items for homes that had been paid for in the window already: two who asked at once, expired, or valued anew. */
  readonly paidAgain: number;
  readonly mapAnswers: readonly MapAnswer[];
  /** `estimate.updated` records that changed a cached home. */
  readonly updatesApplied: number;
}

/** An empty cache, and the flags of the arm. */
async function emptyRedis(stack: Stack, { flags }: ArmSetting): Promise<void> {
  const redis = connectRedis(stack.redisUrl);
  await redis.flushall();
  if (Object.keys(flags).length > 0) {
    await redis.set(FLAGS_KEY, printFlags({ version: 1, changedAt: Date.now(), flags }));
  }
  redis.disconnect();
}

async function ask<T>(fleet: Fleet, path: string, method = 'GET'): Promise<T> {
  const response = await fetch(`${fleet.simulatorUrl}${path}`, { method });
  if (response.status !== 200) throw new Error(`${path} was answered ${response.status}`);
  return (await response.json()) as T;
}

/** Hits over all ids asked for, `unknown` left out (numbers.md). */
function hitsOf(api: MetricsScrape, route: 'single' | 'map') {
  const sum = (labels: Record<string, string>): number => api.sum(ITEMS, { route, ...labels });
  const warm = sum({ source: 'warm_hit' });
  return { asked: sum({}) - sum({ status: 'unknown' }), hit: warm + sum({ source: 'hit' }), warm };
}

/** Homes are valued anew while `work` goes on: the seller is told first, the topic after it. */
async function whileValuesChange<T>(
  { stack, fleet }: { stack: Stack; fleet: Fleet },
  { standard: { city }, updatesPerS }: TalkPlan,
  work: () => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const none = { newListings: 0, sales: 0, priceChanges: 0, overrides: 0, mlsMoves: 0, ruleChanges: 0 };
  const life =
    updatesPerS === 0
      ? Promise.resolve()
      : cityLife({
          ...city,
          databaseUrl: stack.databaseUrl,
          brokers: stack.kafkaBrokers.split(','),
          registryUrl: stack.schemaRegistryUrl,
          simulatorUrl: fleet.simulatorUrl,
          rates: { ...none, revaluations: updatesPerS * SECONDS_A_MINUTE },
          signal: stop.signal,
        });
  life.catch(() => undefined); // looked at below
  try {
    return await work();
  } finally {
    stop.abort();
    await life;
  }
}

/** Empties the cache; to be done before the apps of an arm start. */
export const prepareArm = emptyRedis;

/** Browses the plan from an empty cache, and reads the measured window. */
export function runArm(world: { stack: Stack; fleet: Fleet }, plan: TalkPlan): Promise<ArmResult> {
  return whileValuesChange(world, plan, () => browseAndRead(world, plan));
}

async function browseAndRead({ stack, fleet }: { stack: Stack; fleet: Fleet }, plan: TalkPlan): Promise<ArmResult> {
  const { standard, homes, fromMs, warmUpMs, measuredMs } = plan;
  const countFromMs = fromMs + warmUpMs;
  const { calls, observer } = createSeenCalls(DEADLINE_MS);
  const readings = async () => ({
    api: await fleet.metrics('estimate-api'),
    invalidator: await fleet.metrics('invalidator'),
  });
  const beganAt = Date.now();
  const browsing = browse({
    apiUrl: fleet.apiUrl,
    seed: standard.seed,
    workload: standard.workload,
    homes,
    tokenOf: (role) => (role === 'unregistered' ? Promise.resolve(undefined) : fleet.auth.token(role)),
    fromMs,
    durationMs: countFromMs + measuredMs,
    deadlineMs: DEADLINE_MS,
    observer,
  });
  await Promise.race([delay(warmUpMs), browsing]);
  const before = await readings();
  await ask(fleet, '/admin/meter/reset', 'POST');
  await browsing;
  await delay(Math.max(0, beganAt + warmUpMs + measuredMs - Date.now()));
  const after = await readings();
  const { calls: paid, forgotten } = await ask<{ calls: LoggedCall[]; forgotten: number }>(fleet, '/admin/calls');
  const { billedRequests, billedItems, lanes } = await ask<Bill & { lanes: Record<string, Lane> }>(
    fleet,
    '/admin/meter',
  );
  if (forgotten > 0) throw new Error(`the seller forgot ${forgotten} of its calls: the bill cannot be divided`);
  await delay(EVENTS_LATE_MS);
  const events = await readViewEvents({
    brokers: stack.kafkaBrokers,
    registryUrl: stack.schemaRegistryUrl,
    fromAt: beganAt,
  });
  const counted = calls.filter(({ call }) => call.atMs >= countFromMs);
  const api = after.api.since(before.api);
  const changes = after.invalidator.since(before.invalidator);
  const background = lanes['background'] ?? { requests: 0, items: 0 };
  return {
    seen: calls,
    counted,
    hits: { single: hitsOf(api, 'single'), multi: hitsOf(api, 'map') },
    bill: { billedRequests, billedItems },
    billOf: splitBill(paid, counted),
    background: { billedRequests: background.requests, billedItems: background.items },
    paidAgain: billedItems - new Set(paid.flatMap(({ propertyIds }) => propertyIds)).size,
    mapAnswers: mapAnswersOf(counted, events, paid),
    updatesApplied: changes.sum('porchlight.invalidator.changes', { outcome: 'updated' }),
  };
}

interface Lane {
  readonly requests: number;
  readonly items: number;
}
