import { brokerFaultBounds } from '../broker-fault.ts';
import { GroupRun } from '../group-run.ts';
import type { StreamFault } from '../world.ts';
import { mendCluster } from '../world.ts';

const BETWEEN_MS = 1_000;

/** An upgrade of the brokers: each is stopped politely and comes back, the next one after all replicas are in sync. */
export const rollingRestart: StreamFault = {
  name: 'rolling-restart',
  what: 'each of three brokers stopped and started in turn, replicas in sync between',
  quick: false,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'rolling-restart' });
    run.markFault('the restarts begin');
    for (const node of world.cluster.nodes) {
      await node.stop();
      await node.start();
      await mendCluster(world, [run.input, run.output]);
      run.say(`broker ${node.id} is back`);
      await run.pass(BETWEEN_MS);
    }
    const one = brokerFaultBounds(run);
    const each = one.each * world.cluster.nodes.length;
    return run.judged({ repeatsMax: () => each }, { repeatsMaxEach: each });
  },
};
