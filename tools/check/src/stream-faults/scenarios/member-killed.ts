import { GroupRun } from '../group-run.ts';
import type { StreamFault } from '../world.ts';

const UNCOMMITTED_RECORDS = 30;
const AFTER_MS = 12_000;
/** A commit may come so much later than its interval says, on two busy cores. */
const LATE_MS = 1_000;

/** A process is gone between two commits. Its partitions move, and only what it had not committed comes again. */
export const memberKilled: StreamFault = {
  name: 'member-killed',
  what: 'kill -9 of a member in the middle of a batch: its uncommitted records come again, no others',
  quick: true,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'member-killed' });
    const [victim] = run.members;
    if (victim === undefined) throw new Error('the group has no members');
    const held = victim.partitions;
    await victim.killWhenUncommitted(UNCOMMITTED_RECORDS);
    run.markFault(`${victim.name} killed, ${held} partitions`);
    await run.pass(AFTER_MS);
    const repeatsMax = run.recordsIn(run.settings.runLoop.commitEveryMs + LATE_MS, held);
    return run.judged({ repeatsMax: (member) => (member === victim.name ? repeatsMax : 0) }, { repeatsMax });
  },
};
