import type { OffsetSample } from './observation.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + Math.max(0, each), 0);

/** Whether the group has committed everything up to these ends. */
export const hasReached = (committed: readonly number[], ends: readonly number[]): boolean =>
  ends.every((end, partition) => end === 0 || (committed[partition] ?? -1) >= end);

/**
 * Milliseconds from `since` until the group had committed, in every partition, all that was in the input at `since`; undefined if it never did.
 * Commits are made at an interval, so a group in quiet running has a value of about that.
 */
export function recoveryMs(samples: readonly OffsetSample[], since: number): number | undefined {
  const goal = samples.findLast(({ at }) => at <= since)?.inputEnds ?? [];
  const reached = samples.find(({ at, committed }) => at > since && hasReached(committed, goal));
  return reached === undefined ? undefined : Math.round(reached.at - since);
}

/** The longest span in which no output arrived anywhere, in milliseconds: what the slowest record had to wait. */
export function longestPauseMs(samples: readonly OffsetSample[]): number {
  let longest = 0;
  let movedAt = samples[0]?.at ?? 0;
  let before = -1;
  for (const { at, outputEnds } of samples) {
    const now = sum(outputEnds);
    longest = Math.max(longest, at - movedAt);
    if (now > before) movedAt = at;
    before = Math.max(before, now);
  }
  return Math.round(longest);
}
