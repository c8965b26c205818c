import { rounded } from '../quantiles.ts';
import { median } from '../stream/median.ts';
import type { Arm } from './arm.ts';
import type { Pass } from './measure-speed.ts';

/** What one service showed over all rounds: slices as fast as it could, and a window of each round. */
export interface Shown {
  readonly name: string;
  readonly passes: readonly Pass[];
  readonly arms: readonly Arm[];
}

/** Ratios are ours over the peer's, of the same pass; sums are of all rounds, times are medians. */
export interface PeerFigures {
  readonly name: string;
  /** Answers a second to single gets, all hits: above 1 ours is faster. */
  readonly ratio: number;
  /** The same of batches of 100. */
  readonly batchRatio: number;
  readonly perS: number;
  readonly batchPerS: number;
  /** Processor time of its service for an answer, µs. */
  readonly cpuUs: number;
  readonly batchCpuUs: number;
  /** Of the windows in which homes change: single gets, then batches of 20. */
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly batchP50Ms: number;
  readonly batchP90Ms: number;
  readonly billedRequests: number;
  readonly billedItems: number;
  readonly reads: number;
  readonly staleReads: number;
  readonly hiddenShown: number;
  readonly staleEstimates: number;
  readonly staleMsMax: number;
  readonly changes: number;
  /** Homes that nothing could be said of in time. */
  readonly untold: number;
  /** Calls that were refused, or broke. */
  readonly failed: number;
}

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
/** How many, of whatever kind. */
export const totalOf = (counts: ReadonlyMap<string, number>): number => sumOf([...counts.values()], (times) => times);

/** @param ours  in the same passes */
export function figuresOf({ name, passes, arms }: Shown, ours: Shown): PeerFigures {
  const middle = (of: (arm: Arm) => number): number => rounded(median(arms.map(of)));
  const speed = (of: (pass: Pass) => number): number => Math.round(median(passes.map(of)));
  const ratio = (of: (pass: Pass) => number): number =>
    rounded(median(passes.map((pass, at) => of(ours.passes[at] ?? pass) / of(pass))), 3);
  return {
    name,
    ratio: ratio(({ single }) => single.perS),
    batchRatio: ratio(({ batch }) => batch.perS),
    perS: speed(({ single }) => single.perS),
    batchPerS: speed(({ batch }) => batch.perS),
    cpuUs: speed(({ single }) => single.cpuUs),
    batchCpuUs: speed(({ batch }) => batch.cpuUs),
    p50Ms: middle(({ p50Ms }) => p50Ms),
    p90Ms: middle(({ p90Ms }) => p90Ms),
    batchP50Ms: middle(({ batchP50Ms }) => batchP50Ms),
    batchP90Ms: middle(({ batchP90Ms }) => batchP90Ms),
    billedRequests: sumOf(arms, ({ billedRequests }) => billedRequests),
    billedItems: sumOf(arms, ({ billedItems }) => billedItems),
    reads: sumOf(arms, ({ reads }) => reads),
    staleReads: sumOf(arms, ({ staleReads }) => staleReads),
    hiddenShown: sumOf(arms, ({ hiddenShown }) => hiddenShown),
    staleEstimates: sumOf(arms, ({ staleEstimates }) => staleEstimates),
    staleMsMax: Math.round(Math.max(...arms.map(({ staleMsMax }) => staleMsMax))),
    changes: sumOf(arms, ({ changes }) => changes),
    untold: sumOf(arms, ({ untold }) => totalOf(untold)),
    failed: sumOf(arms, ({ failures }) => totalOf(failures)),
  };
}

const columns: readonly (readonly [heading: string, cell: (figures: PeerFigures) => string])[] = [
  ['service', ({ name }) => name],
  ['singles/s (ours/its)', ({ perS, ratio }) => `${whole(perS)} (${ratio})`],
  ['batches/s (ours/its)', ({ batchPerS, batchRatio }) => `${whole(batchPerS)} (${batchRatio})`],
  ['processor µs single, batch', ({ cpuUs, batchCpuUs }) => `${cpuUs}, ${whole(batchCpuUs)}`],
  ['p50, p90 ms single', ({ p50Ms, p90Ms }) => `${p50Ms}, ${p90Ms}`],
  ['p50, p90 ms batch', ({ batchP50Ms, batchP90Ms }) => `${batchP50Ms}, ${batchP90Ms}`],
  ['billed requests, items', ({ billedRequests, billedItems }) => `${whole(billedRequests)}, ${whole(billedItems)}`],
  ['stale reads', ({ staleReads, reads }) => `${whole(staleReads)} of ${whole(reads)}`],
  ['no answer', ({ untold, failed }) => whole(untold + failed)],
  ['hidden shown', ({ hiddenShown }) => whole(hiddenShown)],
  ['longest stale', ({ staleMsMax }) => (staleMsMax === 0 ? '-' : `${rounded(staleMsMax / 1_000, 1)} s`)],
];

const whole = (value: number): string => value.toLocaleString('en-US');

/** All contenders side by side, as the README has them. */
export function tableOf(all: readonly PeerFigures[]): string[] {
  const rows = [columns.map(([heading]) => heading), ...all.map((each) => columns.map(([, cell]) => cell(each)))];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...rest] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)];
}
