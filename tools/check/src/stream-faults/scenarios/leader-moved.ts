import { GroupRun } from '../group-run.ts';
import { judgeRun } from '../judge-run.ts';
import type { StreamFault } from '../world.ts';
import { waitFor } from '../../wait-for.ts';
import type { World } from '../world.ts';

const SLOW_MS = 3_500;
const SLOW_KEY = 'slow';
const MOVED_MS = 20_000;
const AFTER_MS = 8_000;
const LATE_MS = 1_000;

/** Takes its leader from each of these partitions, by giving it the other two replicas. @returns what undoes it */
async function moveLeaders({ view, signal }: World, topic: string, without?: number): Promise<() => Promise<void>> {
  const partitions = (await view.partitions(topic)).filter(({ partition }) => partition !== without);
  for (const { partition, leader, replicas } of partitions) {
    await view.reassign(
      topic,
      partition,
      replicas.filter((node) => node !== leader),
    );
  }
  const moved = async (): Promise<boolean> => {
    const now = await view.partitions(topic);
    return partitions.every(({ partition, leader }) => now[partition]?.leader !== leader);
  };
  await waitFor('other leaders', moved, { withinMs: MOVED_MS, signal });
  return async () => {
    for (const { partition, replicas } of partitions) await view.reassign(topic, partition, replicas);
  };
}

/**
 * Leaders of the input move: kafkajs answers by a rejoin out of the fetch, without an announcement, while handlers run unless it is kept from it.
 * Leaders of the output move: what a broker refuses that has lost its partition must be written by the next one.
 */
export const leaderMoved: StreamFault = {
  name: 'leader-moved',
  what: 'partitions get other leaders while a handler of their neighbour runs: it ends and counts, once',
  quick: false,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'leader-moved' });
    const begun = new Promise<void>((resolve) => {
      for (const member of run.members) member.on(({ kind }) => kind === 'slow' && resolve());
    });
    const value = Buffer.from(JSON.stringify({ key: SLOW_KEY, sequence: 0, slowMs: SLOW_MS }));
    await world.view.append(run.input, [{ partition: 0, key: SLOW_KEY, value }]);
    await begun;
    const before = run.members.map(({ assignment }) => assignment);
    run.markFault('a slow handler runs, leaders move');
    const undoInput = await moveLeaders(world, run.input, 0);
    const undoOutput = await moveLeaders(world, run.output);
    await run.pass(AFTER_MS);
    await Promise.all([undoInput(), undoOutput()]);
    const { observation, violations } = await run.ended();
    const slowOutputs = observation.output.filter(({ key }) => key === SLOW_KEY).length;
    if (slowOutputs !== 1) violations.push(`the slow record was processed ${slowOutputs} times, not once`);
    const rejoins = run.members.map(({ assignment }, index) => assignment - (before[index] ?? 0));
    const repeatsMax = run.recordsIn(run.settings.runLoop.commitEveryMs + LATE_MS, 2);
    const verdict = judgeRun(observation, { repeatsMax: () => repeatsMax });
    return run.seen(verdict, violations, { slowOutputs, rejoins, repeatsMaxEach: repeatsMax });
  },
};
