import { GroupRun } from '../group-run.ts';
import type { StreamFault } from '../world.ts';

const STORM_MS = 60_000;
const CHANGE_EVERY_MS = 2_000;

/** Deployments, scalers and evictions at once. Whoever leaves says so, so nothing has to come twice. */
export const rebalanceStorm: StreamFault = {
  name: 'rebalance-storm',
  what: 'members join and leave every 2 s for a minute: each leaves with everything committed',
  quick: false,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'rebalance-storm' });
    run.markFault('the storm begins');
    const began = performance.now();
    const leaving: Promise<boolean>[] = [];
    const gone = new Set<string>();
    for (let change = 0; performance.now() - began < STORM_MS; change += 1) {
      const oldest = run.living().find(({ name }) => !gone.has(name));
      if (change % 2 === 0 || oldest === undefined) await run.startMember();
      else {
        gone.add(oldest.name);
        leaving.push(oldest.leave());
      }
      await run.pass(Math.max(0, began + (change + 1) * CHANGE_EVERY_MS - performance.now()));
    }
    const late = (await Promise.all(leaving)).filter((inTime) => !inTime).length;
    const seen = await run.judged({ repeatsMax: () => 0 }, { joined: run.members.length, left: leaving.length });
    const violations = late > 0 ? [`${late} members did not end when asked`] : [];
    return { ...seen, violations: [...violations, ...seen.violations] };
  },
};
