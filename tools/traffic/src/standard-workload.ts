import { readFileSync, writeFileSync } from 'node:fs';
import type { CacheAsideResult } from './cache-aside.ts';
import { SEARCH, simulateWorkload, TARGETS, WINDOW, type Calibration } from './calibrate.ts';
import type { HomesIndex } from './homes-index.ts';
import { baseWorkload, type Workload } from './workload.ts';

/** The standard workload of numbers.md, as it was calibrated once. */
export interface StandardWorkload {
  name: 'standard-v1';
  /** Of the plan. */
  seed: number;
  city: { homes: number; seed: number };
  warmupMs: number;
  measuredMs: number;
  workload: Workload;
  calibration: {
    targets: typeof TARGETS;
    search: typeof SEARCH;
    tried: number;
    /** How many of the tries were within the tolerance. */
    within: number;
    miss: number;
    /** The plain twin, which fetches for everybody: this one was calibrated. */
    reached: CacheAsideResult;
    /** The same plan where only a viewer who may see a home pays for it: what Porchlight has without warm-up. */
    reachedHiding: CacheAsideResult;
    /** The plain twin with other seeds of the plan: how much of the figure is the seed's. */
    otherSeeds: { seed: number; itemHitRate: number; singleHitRate: number; mapCalls: number }[];
  };
}

const FILE = new URL('./standard-v1.json', import.meta.url);

export const STANDARD_CITY = { homes: 120_000, seed: 1 } as const;
export const STANDARD_SEED = 1;
/** Sensitivity, printed beside the figure. */
const OTHER_SEEDS = [2, 3, 4, 5, 6] as const;

/** Reads the committed file. */
export function readStandardWorkload(): StandardWorkload {
  return JSON.parse(readFileSync(FILE, 'utf8')) as StandardWorkload;
}

/** What a calibration says, ready to be written. */
export function standardWorkloadOf(
  { parameters, reached, miss, tried, within }: Calibration,
  homes: HomesIndex,
): StandardWorkload {
  const workload = { ...baseWorkload, ...parameters };
  const reachedHiding = simulateWorkload(STANDARD_SEED, workload, homes, true);
  const otherSeeds = OTHER_SEEDS.map((seed) => {
    const { itemHitRate, singleHitRate, mapCalls } = simulateWorkload(seed, workload, homes, false);
    return { seed, itemHitRate, singleHitRate, mapCalls };
  });
  return {
    name: 'standard-v1',
    seed: STANDARD_SEED,
    city: STANDARD_CITY,
    ...WINDOW,
    workload,
    calibration: { targets: TARGETS, search: SEARCH, tried, within, miss, reached, reachedHiding, otherSeeds },
  };
}

/** Writes the file anew: only `calibrate --write` does. @returns its path */
export function writeStandardWorkload(standard: StandardWorkload): string {
  writeFileSync(FILE, `${JSON.stringify(standard, null, 2)}\n`);
  return FILE.pathname;
}
