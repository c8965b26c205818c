import { feedPartitionName, type MarkStep } from './bucket-mark.ts';
import type { BucketMark, ResetAnswer, ResetCommand } from './port.ts';

/** `since` only rises: what was checked before it is checked once more. */
export const raiseSince = (before: BucketMark, sinceAt: number): BucketMark =>
  sinceAt > before.sinceAt ? { ...before, sinceAt } : before;

/**
 * RESET: the position is taken, up or down, for a memory that knows nothing of this partition (or of offsets that the log
 * no longer has). What it holds of earlier changes is unknown, so values that were checked before `sinceAt` count as not
 * covered. Only if it still is as it was seen: who comes late with what he found at his begin takes nothing back.
 *
 * Of no run in particular: `since` is as true of the next memory, and the MARK that follows names its run.
 */
export function reset(before: BucketMark, command: ResetCommand): MarkStep<ResetAnswer> {
  const name = feedPartitionName(command);
  const remembered = before.partitions[name]?.nextOffset ?? null;
  if (remembered !== command.seenOffset) return { state: before, answer: 'kept' };
  const taken = { nextOffset: command.nextOffset, untilAt: null };
  const state = raiseSince(before, command.sinceAt ?? 0);
  return {
    state: { ...state, partitions: { ...state.partitions, [name]: taken } },
    answer: 'reset',
  };
}
