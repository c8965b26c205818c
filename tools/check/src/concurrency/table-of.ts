import type { DesignRun } from './run-design.ts';

const headings = [
  'design',
  'reads',
  'changes',
  'stale reads',
  'a million',
  'longest stale',
  'stale estimates',
  'longest stale',
  'paid homes',
] as const;

const seconds = (ms: number): string =>
  ms === 0 ? '-' : ms < 1_000 ? `${Math.ceil(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
const whole = (value: number): string => value.toLocaleString('en-US');

const rowOf = ([design, run]: [string, DesignRun]): string[] => [
  design,
  whole(run.reads),
  whole(run.invalidations),
  whole(run.staleReads),
  whole(Math.round((run.staleReads / Math.max(1, run.reads)) * 1_000_000)),
  seconds(run.staleMsMax),
  whole(run.staleEstimates),
  seconds(run.staleEstimateMsMax),
  whole(run.billedItems),
];

/** The runs side by side, as a table for the README. */
export function tableOf(runs: ReadonlyMap<string, DesignRun>): string[] {
  const rows = [[...headings], ...[...runs].map(rowOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...rest] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)];
}
