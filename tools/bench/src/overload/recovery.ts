import { percentileOf, SLICE_MS, type Slice } from './ledger.ts';

/** So many good slices one after the other are a recovery: one alone may be luck. */
export const GOOD_SLICES = 4;

/** Every caller was answered, the slowest hundredth within this. */
const isGood = ({ counts, okMs }: Slice, p99Ms: number): boolean =>
  counts.refused + counts.gaveUp + counts.failed === 0 && okMs.length > 0 && percentileOf(okMs, 99) <= p99Ms;

/** The slowest slice of a quiet time: what a later slice is held against. */
export const worstP99Of = (slices: readonly Slice[]): number =>
  Math.max(0, ...slices.map(({ okMs }) => percentileOf(okMs, 99)));

/**
 * How long it took until everybody was answered again, and as fast as before.
 *
 * @param after  what came after the flood, from its end on
 * @param p99Ms  the slowest slice before it
 * @returns milliseconds to the beginning of the first GOOD_SLICES good slices; null: it did not recover while somebody looked
 */
export function recoveryMsOf(after: readonly Slice[], p99Ms: number): number | null {
  let good = 0;
  for (const [at, slice] of after.entries()) {
    good = isGood(slice, p99Ms) ? good + 1 : 0;
    if (good === GOOD_SLICES) return (at + 1 - GOOD_SLICES) * SLICE_MS;
  }
  return null;
}
