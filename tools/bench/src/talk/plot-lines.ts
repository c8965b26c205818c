import { createDurations } from '../quantiles.ts';
import type { SeenCall } from './seen-calls.ts';

/** What was seen in one piece of the run. */
export interface PlotPoint {
  /** The middle of the piece, seconds from the start of the run. */
  readonly atS: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly calls: number;
}

const MS_A_SECOND = 1_000;

/**
 * p50 and p90 of each piece of the run, by when calls were meant to be sent. Pure.
 *
 * @param fromMs where in the plan the run began
 * @returns in order of time; a piece without a call has no point
 */
export function plotPoints(
  calls: readonly SeenCall[],
  { fromMs, bucketMs }: { readonly fromMs: number; readonly bucketMs: number },
): PlotPoint[] {
  const pieces = new Map<number, SeenCall[]>();
  for (const call of calls) {
    const piece = Math.floor((call.call.atMs - fromMs) / bucketMs);
    pieces.set(piece, [...(pieces.get(piece) ?? []), call]);
  }
  return [...pieces]
    .sort(([a], [b]) => a - b)
    .map(([piece, inPiece]) => {
      const durations = createDurations();
      for (const { latencyMs } of inPiece) durations.record(latencyMs);
      return {
        atS: ((piece + 0.5) * bucketMs) / MS_A_SECOND,
        p50Ms: durations.at(50),
        p90Ms: durations.at(90),
        calls: inPiece.length,
      };
    });
}

/** A decade above and below what a set of plots shows, so that all of them have the same scale. */
export function sharedScale(plots: readonly (readonly PlotPoint[])[]): {
  readonly minMs: number;
  readonly maxMs: number;
} {
  const values = plots.flat().flatMap(({ p50Ms, p90Ms }) => [p50Ms, p90Ms]);
  const decade = (value: number, round: (x: number) => number): number => 10 ** round(Math.log10(value));
  const seen = values.filter((value) => value > 0);
  if (seen.length === 0) return { minMs: 1, maxMs: MS_A_SECOND };
  return { minMs: decade(Math.min(1, ...seen), Math.floor), maxMs: decade(Math.max(...seen), Math.ceil) };
}
