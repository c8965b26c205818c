import { feedPartitionName, type MarkStep } from './bucket-mark.ts';
import type { BucketMark, MarkAnswer, MarkCommand, PartitionMark } from './port.ts';

/**
 * The T of who has come further stands, also if it is lower: a writer's Ts only sink when the primary's clock was set back, and
 * one of before would say that the feed is alive until the clock has caught up with it.
 */
function untilAfter(stored: PartitionMark, { toOffset, untilAt }: MarkCommand): number | null {
  const isBehind = toOffset < stored.nextOffset;
  return untilAt === null || (isBehind && stored.untilAt !== null) ? stored.untilAt : untilAt;
}

/**
 * MARK: raises what the bucket remembers of one partition, if that can be true of this memory.
 *
 * It is true if the memory is still the one that the interval was applied to (same run: a memory that is replaced gets
 * another), and if the interval joins on to what is remembered. Then everything below `toOffset` is applied here. Of two
 * who mark one partition (an owner and the one before it) both are right, so the higher offset stands.
 *
 * @param run the server's own
 */
export function mark(before: BucketMark, command: MarkCommand, run: string): MarkStep<MarkAnswer> {
  const name = feedPartitionName(command);
  const stored = before.partitions[name];
  if (stored === undefined) return { state: before, answer: { outcome: 'missing', run } };
  const { nextOffset } = stored;
  if (command.run !== run) return { state: before, answer: { outcome: 'changed', run, nextOffset } };
  if (nextOffset < command.fromOffset) return { state: before, answer: { outcome: 'lower', run, nextOffset } };
  const raised = {
    nextOffset: command.toOffset > nextOffset ? command.toOffset : nextOffset,
    untilAt: untilAfter(stored, command),
  };
  return {
    state: { ...before, partitions: { ...before.partitions, [name]: raised } },
    answer: { outcome: 'marked', nextOffset: raised.nextOffset },
  };
}
