import { createDraws, type Draws } from '@porchlight/traffic';

/** Homes are numbers here, the most looked at first; every contender has homes of its own under the same numbers. */
export interface PlannedAsk {
  readonly atMs: number;
  /** One: a single get; more: a batch. */
  readonly homes: readonly number[];
}

export interface PlannedChange {
  readonly atMs: number;
  readonly home: number;
  /** `value`: the seller of estimates has another one. `visibility`: the home's owner hides it, or shows it again. */
  readonly kind: 'value' | 'visibility';
  /** How long the word of it is under way. */
  readonly lagMs: number;
}

export interface WindowShape {
  readonly homes: number;
  readonly forMs: number;
  readonly asksPerS: number;
  readonly changesPerS: number;
}

export interface PlannedWindow {
  readonly asks: readonly PlannedAsk[];
  readonly changes: readonly PlannedChange[];
}

/** The k-th home is asked for as often as 1 / k: Zipf's law. */
const POPULARITY_EXPONENT = 1;
const BATCH_SHARE = 0.2;
const BATCH = 20;
/** From a commit to the word of it; `bench -- invalidate` sees 10 ms (median) on a quiet machine. */
const LAG_MS_MAX = 50;
const MS_PER_SECOND = 1_000;

/** @returns draws home numbers, each as often as it is popular */
export function popularHomes(draws: Draws, homes: number): () => number {
  let sum = 0;
  const upTo = Array.from({ length: homes }, (_, home) => (sum += 1 / (home + 1) ** POPULARITY_EXPONENT));
  return () => {
    const at = draws.uniform() * sum;
    let low = 0;
    let high = homes - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** Homes that differ, as on a map, drawn until there are so many. */
export function batchOf(pick: () => number, size: number): number[] {
  const batch = new Set<number>();
  while (batch.size < size) batch.add(pick());
  return [...batch];
}

const steadily = <T>(perS: number, forMs: number, one: (atMs: number) => T): T[] =>
  Array.from({ length: Math.floor((perS * forMs) / MS_PER_SECOND) }, (_, at) => one((at * MS_PER_SECOND) / perS));

/** What is asked and what changes in one window: the same for every contender of a round. Homes that are looked at much change more often. */
export function planWindow(seed: number, { homes, forMs, asksPerS, changesPerS }: WindowShape): PlannedWindow {
  const draws = createDraws(seed);
  const pick = popularHomes(draws, homes);
  return {
    asks: steadily(asksPerS, forMs, (atMs) => ({
      atMs,
      homes: draws.chance(BATCH_SHARE) ? batchOf(pick, Math.min(BATCH, homes)) : [pick()],
    })),
    changes: steadily(changesPerS, forMs, (atMs) => ({
      atMs,
      home: pick(),
      kind: draws.chance(0.5) ? 'value' : 'visibility',
      lagMs: draws.uniform() * LAG_MS_MAX,
    })),
  };
}
