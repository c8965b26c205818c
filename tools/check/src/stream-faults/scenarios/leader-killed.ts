import { brokerFaultBounds } from '../broker-fault.ts';
import { GroupRun } from '../group-run.ts';
import type { StreamFault } from '../world.ts';

const DEAD_MS = 12_000;
const BACK_MS = 5_000;

/** The broker that leads a partition is gone; it is not the group's coordinator, so that the group itself stands. */
export const leaderKilled: StreamFault = {
  name: 'leader-killed',
  what: 'kill -9 of the broker that leads a partition of the input: its partitions go on under other leaders',
  quick: true,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'leader-killed' });
    const coordinator = await world.view.coordinatorOf(run.groupId);
    const leaders = (await world.view.partitions(run.input)).map(({ leader }) => leader);
    const victim = leaders.find((leader) => leader !== coordinator) ?? coordinator;
    await world.cluster.node(victim).kill();
    run.markFault(`broker ${victim} killed`);
    await run.pass(DEAD_MS);
    await world.cluster.node(victim).start();
    run.say('all brokers run again');
    await run.pass(BACK_MS);
    const bounds = brokerFaultBounds(run);
    const partitionsLed = leaders.filter((leader) => leader === victim).length;
    return run.judged(bounds, { repeatsMaxEach: bounds.each, partitionsLed });
  },
};
