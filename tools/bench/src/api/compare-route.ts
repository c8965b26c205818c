import type { Say } from '../bench.ts';
import { driveAtRate, type RatedCall } from '../drive-at-rate.ts';
import { rounded } from '../quantiles.ts';
import { median } from '../stream/median.ts';
import { drive, type Driven } from './drive.ts';

/** Who answers, and how much processor time that has taken so far. */
export interface Side {
  readonly url: string;
  readonly cpuMs: () => Promise<number>;
}

export interface CompareOptions {
  readonly ours: Side;
  readonly twin: Side;
  readonly requests: readonly RatedCall[];
  readonly connections: number;
  readonly pairs: number;
  readonly sliceMs: number;
  /** How long each is driven before anything counts. */
  readonly warmMs: number;
  readonly say: Say;
  /** For the lines of progress. */
  readonly what: string;
}

export interface RouteFigures {
  readonly perS: number;
  readonly twinPerS: number;
  /** Ours over the twin's: answers a second, the median over all pairs. */
  readonly ratio: number;
  /** The twin's processor time for an answer over ours, the median over all pairs. */
  readonly cpuRatio: number;
  readonly cpuUs: number;
  /** Both at half of what ours can do, each call at its instant: milliseconds, and ours over the twin's. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p99Ratio: number;
}

interface Slice extends Driven {
  readonly cpuUs: number;
}

/** A and B by turns, A B B A …, so that whatever else the machine does meets both; the first pair only warms up. */
async function byTurns<T>(
  pairs: number,
  one: (side: 'ours' | 'twin') => Promise<T>,
): Promise<{ readonly ours: T; readonly twin: T }[]> {
  const measured: { ours: T; twin: T }[] = [];
  for (let pair = 0; pair <= pairs; pair += 1) {
    const oursFirst = pair % 2 === 0;
    const first = await one(oursFirst ? 'ours' : 'twin');
    const second = await one(oursFirst ? 'twin' : 'ours');
    if (pair > 0) measured.push(oursFirst ? { ours: first, twin: second } : { ours: second, twin: first });
  }
  return measured;
}

/** One route of ours and of the twin in the same run: as fast as they can, then both at half of what ours can do. */
export async function compareRoute(options: CompareOptions): Promise<RouteFigures> {
  const { requests, connections, pairs, sliceMs, warmMs, say, what } = options;
  const slice = async (side: 'ours' | 'twin'): Promise<Slice> => {
    const { url, cpuMs } = options[side];
    const before = await cpuMs();
    const driven = await drive({ url, requests, connections, forMs: sliceMs });
    return { ...driven, cpuUs: (((await cpuMs()) - before) * 1_000) / driven.count };
  };
  for (const { url } of [options.ours, options.twin]) await drive({ url, requests, connections, forMs: warmMs });
  const full = await byTurns(pairs, slice);
  const perS = median(full.map(({ ours }) => ours.perS));
  const atHalf = { calls: requests, connections, ratePerS: Math.round(perS / 2), forMs: sliceMs };
  const even = await byTurns(pairs, (side) => driveAtRate({ ...atHalf, url: options[side].url }));
  const figures = {
    perS: Math.round(perS),
    twinPerS: Math.round(median(full.map(({ twin }) => twin.perS))),
    ratio: rounded(median(full.map(({ ours, twin }) => ours.perS / twin.perS)), 3),
    cpuRatio: rounded(median(full.map(({ ours, twin }) => twin.cpuUs / ours.cpuUs)), 3),
    cpuUs: Math.round(median(full.map(({ ours }) => ours.cpuUs))),
    p50Ms: rounded(median(even.map(({ ours }) => ours.durations.at(50)))),
    p99Ms: rounded(median(even.map(({ ours }) => ours.durations.at(99)))),
    p99Ratio: rounded(median(even.map(({ ours, twin }) => ours.durations.at(99) / twin.durations.at(99)))),
  };
  say(
    `  ${what}: ${figures.perS} against ${figures.twinPerS} a second, ratio ${figures.ratio}; processor time ${figures.cpuRatio}; ` +
      `at half of that p99 ${figures.p99Ms} ms, ratio ${figures.p99Ratio}`,
  );
  return figures;
}
