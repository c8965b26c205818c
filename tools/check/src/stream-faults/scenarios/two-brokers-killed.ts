import { brokerFaultBounds } from '../broker-fault.ts';
import { GroupRun } from '../group-run.ts';
import type { StreamFault } from '../world.ts';

const DEAD_MS = 15_000;
const BACK_MS = 10_000;

/** Nothing can be written: two in sync are asked for, and the controllers have no quorum. Everybody waits, and goes on by itself. */
export const twoBrokersKilled: StreamFault = {
  name: 'two-brokers-killed',
  what: 'kill -9 of two brokers of three: nothing is written meanwhile, nothing is lost, no process ends',
  quick: false,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'two-brokers-killed' });
    const victims = world.cluster.nodes.slice(0, 2);
    await Promise.all(victims.map((node) => node.kill()));
    run.markFault('two brokers killed');
    await run.pass(DEAD_MS);
    const living = run.living().length;
    await Promise.all(victims.map((node) => node.start()));
    run.say('all brokers run again');
    await run.pass(BACK_MS);
    const bounds = brokerFaultBounds(run);
    const seen = await run.judged(bounds, { repeatsMaxEach: bounds.each, membersAlive: living });
    const violations = living < run.members.length ? ['a member ended while it should have waited'] : [];
    return { ...seen, violations: [...violations, ...seen.violations] };
  },
};
