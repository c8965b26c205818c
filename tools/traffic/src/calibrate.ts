import { simulateCacheAside, TALK_TTL, type CacheAsideResult } from './cache-aside.ts';
import { createDraws } from './draws.ts';
import type { HomesIndex } from './homes-index.ts';
import { planSessions } from './plan-sessions.ts';
import type { Workload } from './workload.ts';

/** The three parameters that are calibrated. */
export type Calibrated = Pick<Workload, 'sessionsPerMinute' | 'popularityExponent' | 'repeatVisitShare'>;

/** What the twin must show (the talk's hit rates), and how far off it may be. */
export const TARGETS = { singleHitRate: 0.53, itemHitRate: 0.55, tolerance: 0.02 } as const;

/** Three minutes of warm-up from an empty cache, then five that count. */
export const WINDOW = { warmupMs: 180_000, measuredMs: 300_000 } as const;

/**
 * Where the search looks. Above 0.5 sessions a minute no try came near: the cache then holds too much of what a map of
 * this city ever draws. The exponents are those of the sweep in the facts on traffic.
 */
export const SEARCH = {
  sessionsPerMinute: { min: 0.2, max: 0.5 },
  popularityExponent: { min: 0.6, max: 1.1 },
  repeatVisitShare: { min: 0, max: 0.3 },
} as const;

export interface Calibration {
  parameters: Calibrated;
  reached: CacheAsideResult;
  /** The larger of the two distances from the targets. */
  miss: number;
  tried: number;
  /** How many of the tries were within the tolerance. */
  within: number;
}

export interface CalibrateOptions {
  seed: number;
  base: Workload;
  homes: HomesIndex;
  tries: number;
  onTry?: (done: number, best: Calibration) => void;
}

const DIGITS = 1_000;
const missOf = ({ itemHitRate, singleHitRate }: CacheAsideResult): number =>
  Math.max(Math.abs(itemHitRate - TARGETS.itemHitRate), Math.abs(singleHitRate - TARGETS.singleHitRate));

/**
 * The hit rates of a workload on the twin, in virtual time.
 *
 * @param hidesFromViewers false for the plain twin, which is the calibrated one
 */
export function simulateWorkload(
  seed: number,
  workload: Workload,
  homes: HomesIndex,
  hidesFromViewers: boolean,
): CacheAsideResult {
  const durationMs = WINDOW.warmupMs + WINDOW.measuredMs;
  const plan = planSessions(seed, workload, homes, { durationMs });
  return simulateCacheAside(plan, homes, { ...TALK_TTL, ...WINDOW, hidesFromViewers });
}

/** Three digits are enough, and make a file that people can read. */
function drawn(low: number, high: number, draw: number): number {
  return Math.round((low + (high - low) * draw) * DIGITS) / DIGITS;
}

/**
 * Whether a try beats the best one: inside of the tolerance the one with more map calls, since more calls say more;
 * outside of it the nearer one.
 */
function isBetter(a: Calibration, b: Calibration): boolean {
  const [aFits, bFits] = [a.miss <= TARGETS.tolerance, b.miss <= TARGETS.tolerance];
  if (aFits && bFits) return a.reached.mapCalls > b.reached.mapCalls;
  return a.miss < b.miss;
}

/**
 * Searches the three free parameters at random, seeded, for the talk's hit rates.
 *
 * The hit rates of a run of minutes jump with each session that begins a second earlier, so there is no slope to follow.
 */
export function calibrate({ seed, base, homes, tries, onTry }: CalibrateOptions): Calibration {
  const draws = createDraws(seed);
  let best: Calibration | undefined;
  let within = 0;
  for (let tried = 1; tried <= tries; tried += 1) {
    const parameters: Calibrated = {
      sessionsPerMinute: drawn(SEARCH.sessionsPerMinute.min, SEARCH.sessionsPerMinute.max, draws.uniform()),
      popularityExponent: drawn(SEARCH.popularityExponent.min, SEARCH.popularityExponent.max, draws.uniform()),
      repeatVisitShare: drawn(SEARCH.repeatVisitShare.min, SEARCH.repeatVisitShare.max, draws.uniform()),
    };
    const reached = simulateWorkload(seed, { ...base, ...parameters }, homes, false);
    const miss = missOf(reached);
    if (miss <= TARGETS.tolerance) within += 1;
    const found: Calibration = { parameters, reached, miss, tried, within };
    if (best === undefined || isBetter(found, best)) best = found;
    best = { ...best, tried, within };
    onTry?.(tried, best);
  }
  if (best === undefined) throw new RangeError('a calibration needs at least one try');
  return best;
}
