import type { Request } from 'autocannon';
import { createDraws } from '@porchlight/traffic';
import { drive } from '../api/drive.ts';
import type { Contender } from './contender.ts';
import { batchOf, popularHomes } from './plan-window.ts';

const BATCH = 100;
/** Calls of a slice, sent round and round. */
const REQUESTS = 256;
/** Slices of each service and route in a round, by turns. */
export const PASSES = 4;
/** A process that has never run compiles: so often each is asked before the first round (ours has most to compile, and is done after some 15,000). */
const WARM_UP_CALLS: Record<keyof Pass, number> = { single: 20_000, batch: 2_000 };
/** On a busy machine, though, no longer than this. */
const WARM_UP_MS_MAX = 10_000;
const MICROSECONDS_A_MS = 1_000;

/** What a service does when all are hits and nobody waits. */
export interface Slice {
  readonly perS: number;
  /** Processor time of the service for an answer, µs. */
  readonly cpuUs: number;
}

/** One slice of each route, next to those of the others. */
export interface Pass {
  readonly single: Slice;
  readonly batch: Slice;
}

export interface SpeedOptions {
  readonly seed: number;
  readonly homes: number;
  readonly sliceMs: number;
  readonly connections: number;
  /** Nobody has asked these services before. */
  readonly isFirst: boolean;
  readonly signal: AbortSignal;
}

/** A service, and what its homes are called. */
export interface Runner {
  readonly contender: Contender;
  readonly idOf: (home: number) => string;
}

/** The same homes by popularity for every service. */
function requestsOf({ idOf }: Runner, { seed, homes }: SpeedOptions): Record<keyof Pass, Request[]> {
  const pick = popularHomes(createDraws(seed), homes);
  const times = <T>(one: () => T): T[] => Array.from({ length: REQUESTS }, one);
  return {
    single: times(() => ({ method: 'GET', path: `/v1/estimates/${idOf(pick())}` })),
    batch: times(() => ({
      method: 'POST',
      path: '/v1/estimates:batchGet',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ propertyIds: batchOf(pick, Math.min(BATCH, homes)).map(idOf) }),
    })),
  };
}

async function slice(contender: Contender, requests: readonly Request[], options: SpeedOptions): Promise<Slice> {
  const { url } = contender;
  const { connections, sliceMs: forMs } = options;
  const before = await contender.cpuMs();
  const { perS, count } = await drive({ url, requests, connections, forMs });
  return { perS, cpuUs: ((await contender.cpuMs()) - before) * (MICROSECONDS_A_MS / count) };
}

async function warmUp(url: string, requests: Record<keyof Pass, Request[]>, options: SpeedOptions): Promise<void> {
  const { connections, sliceMs: forMs, signal } = options;
  for (const route of ['single', 'batch'] as const) {
    const giveUpAt = performance.now() + WARM_UP_MS_MAX;
    for (let calls = 0; calls < WARM_UP_CALLS[route] && performance.now() < giveUpAt;) {
      signal.throwIfAborted();
      calls += (await drive({ url, requests: requests[route], connections, forMs })).count;
    }
  }
}

/**
 * As fast as each can, all hits: short slices by turns, in an order that is turned round every time, so that whatever else the machine does meets
 * everybody.
 *
 * @returns PASSES of each runner, in the order of `runners`
 */
export async function measureSpeed(runners: readonly Runner[], options: SpeedOptions): Promise<Pass[][]> {
  const sides = runners.map((runner) => ({ ...runner, requests: requestsOf(runner, options), passes: [] as Pass[] }));
  const { isFirst, signal } = options;
  if (isFirst) for (const { contender, requests } of sides) await warmUp(contender.url, requests, options);
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const { contender, requests, passes } of pass % 2 === 0 ? sides : sides.toReversed()) {
      signal.throwIfAborted();
      passes.push({
        single: await slice(contender, requests.single, options),
        batch: await slice(contender, requests.batch, options),
      });
    }
  }
  return sides.map(({ passes }) => passes);
}
