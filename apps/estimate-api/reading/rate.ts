import type { Clock } from '@porchlight/stream';

const SECOND_MS = 1_000;

/**
 * Lets at most `perSMax` pieces of work begin a second, and as many at once after a pause of a second.
 *
 * @param perSMax 0: none
 * @returns whether one may begin now; then it is counted
 */
export function createRate(clock: Pick<Clock, 'now'>, perSMax: number): () => boolean {
  let left = perSMax;
  let filledAt = clock.now();
  return () => {
    const now = clock.now();
    left = Math.min(perSMax, left + (Math.max(0, now - filledAt) / SECOND_MS) * perSMax);
    filledAt = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
