import { brokerFaultBounds } from '../broker-fault.ts';
import { GroupRun } from '../group-run.ts';
import type { StreamFault } from '../world.ts';

const DEAD_MS = 12_000;
const BACK_MS = 5_000;

/** The broker that keeps the group's members and offsets is gone: another one loads them. */
export const coordinatorKilled: StreamFault = {
  name: 'coordinator-killed',
  what: "kill -9 of the group's coordinator: another broker takes over its members and offsets",
  quick: false,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'coordinator-killed' });
    const coordinator = await world.view.coordinatorOf(run.groupId);
    await world.cluster.node(coordinator).kill();
    run.markFault(`broker ${coordinator} killed`);
    await run.pass(DEAD_MS);
    const next = await world.view.coordinatorOf(run.groupId);
    await world.cluster.node(coordinator).start();
    run.say('all brokers run again');
    await run.pass(BACK_MS);
    const bounds = brokerFaultBounds(run);
    return run.judged(bounds, { repeatsMaxEach: bounds.each, coordinator: `${coordinator} then ${next}` });
  },
};
