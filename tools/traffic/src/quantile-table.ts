/** A distribution as it was published: pairs of (share of values below, value), from share 0 to share 1, both rising. */
export type QuantileTable = readonly (readonly [share: number, value: number])[];

/**
 * The value at a share, log-linear between the rows: durations and counts are spread over ratios, not differences.
 *
 * @param table values above 0
 * @param share 0..1
 */
export function valueAt(table: QuantileTable, share: number): number {
  for (let row = 1; row < table.length; row += 1) {
    const [from, low] = table[row - 1] ?? [0, 1];
    const [to, high] = table[row] ?? [1, 1];
    if (share <= to) return low * (high / low) ** ((share - from) / (to - from));
  }
  throw new RangeError(`the table has no value at ${share}`);
}

/** The mean of the distribution: of each piece (high - low) / ln(high / low), weighted by its share. */
export function meanOf(table: QuantileTable): number {
  let mean = 0;
  for (let row = 1; row < table.length; row += 1) {
    const [from, low] = table[row - 1] ?? [0, 1];
    const [to, high] = table[row] ?? [1, 1];
    mean += (to - from) * (high === low ? low : (high - low) / Math.log(high / low));
  }
  return mean;
}
