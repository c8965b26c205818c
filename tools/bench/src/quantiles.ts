import { build } from 'hdr-histogram-js';

const MICROSECONDS_A_MS = 1_000;

/** Durations, kept to the microsecond with three digits. */
export interface Durations {
  record(ms: number): void;
  /** @param percentile 0..100 @returns milliseconds; 0 without any */
  at(percentile: number): number;
  readonly count: number;
  /** Forgets all. */
  reset(): void;
}

/** An empty recorder of durations up to an hour. */
export function createDurations(): Durations {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  return {
    record: (ms) => histogram.recordValue(Math.max(0, Math.round(ms * MICROSECONDS_A_MS))),
    at: (percentile) =>
      histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / MICROSECONDS_A_MS,
    get count() {
      return histogram.totalCount;
    },
    reset: () => histogram.reset(),
  };
}

/** Two digits after the point (or as many as asked for), as figures are printed. */
export const rounded = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits;
