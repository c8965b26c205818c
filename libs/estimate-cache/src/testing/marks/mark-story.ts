import type { BucketMark, MarkAnswer, MarkCommand, ResetAnswer } from '../../marks/port.ts';
import type { MarkWorld } from './mark-world.ts';

/** What is said of one partition; the run is the server's own where none is named. */
export interface Said {
  readonly from?: bigint;
  readonly to: bigint;
  readonly until?: number | null;
  readonly run?: string | null;
  readonly partition?: number;
}

const TOPIC = 'listing.status-changed';

/** One bucket and one topic, told as a story. */
export const markStoryOf = (world: MarkWorld, bucket: number) => {
  const runOf = async (run: string | null | undefined) => (run === undefined ? world.run(bucket) : run);
  const commandOf = async ({ from, to, until = null, run, partition = 0 }: Said): Promise<MarkCommand> => ({
    topic: TOPIC,
    partition,
    run: await runOf(run),
    fromOffset: from ?? to,
    toOffset: to,
    untilAt: until,
  });
  const stateOf = async (): Promise<BucketMark | null> => {
    const reading = (await world.store.read())[bucket] ?? null;
    return reading && { partitions: reading.partitions, sinceAt: reading.sinceAt };
  };
  return {
    bucket,
    nameOf: (partition = 0) => `${TOPIC}/${partition}`,
    async mark(...said: Said[]): Promise<readonly MarkAnswer[] | null> {
      const commands = await Promise.all(said.map(commandOf));
      const [answers = null] = await world.store.mark([{ bucket, commands }]);
      return answers;
    },
    async reset(
      to: bigint,
      sinceAt: number | null,
      seen: { offset?: bigint | null } = {},
    ): Promise<readonly ResetAnswer[] | null> {
      const remembered = (await stateOf())?.partitions[`${TOPIC}/0`]?.nextOffset ?? null;
      const seenOffset = seen.offset === undefined ? remembered : seen.offset;
      const command = { topic: TOPIC, partition: 0, seenOffset, nextOffset: to, sinceAt };
      const [answers = null] = await world.store.reset([{ bucket, commands: [command] }]);
      return answers;
    },
    state: stateOf,
    /** What is remembered of the partition: offset and T. */
    async remembered(partition = 0) {
      const found = (await stateOf())?.partitions[`${TOPIC}/${partition}`];
      return found && [found.nextOffset, found.untilAt];
    },
  };
};

export type MarkStory = ReturnType<typeof markStoryOf>;
