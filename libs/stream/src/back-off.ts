/**
 * How long to wait before try number `attempt + 1`.
 *
 * Doubles from `firstMs` to `mostMs`; the upper half is random, so that a hundred partitions that lost the same dependency do not come back
 * in step, and none comes back at once.
 *
 * @param attempt  how many tries have failed, 1 or more
 * @param random   0 <= random < 1
 * @returns        whole milliseconds, 1 or more
 */
export function backOffMs(
  limits: { firstMs: number; mostMs: number },
  attempt: number,
  random = Math.random(),
): number {
  // 2 ** 30 is past every limit already; without the cap a day of retries would overflow into Infinity.
  const fullMs = Math.min(limits.mostMs, limits.firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.max(1, Math.round(fullMs * (0.5 + random / 2)));
}
