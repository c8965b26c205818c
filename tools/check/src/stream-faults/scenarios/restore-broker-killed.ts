import { rm } from 'node:fs/promises';
import { brokerFaultBounds } from '../broker-fault.ts';
import { GroupRun } from '../group-run.ts';
import type { Member } from '../member.ts';
import type { StreamFault } from '../world.ts';

const KEYS = 60_000;
const FILL_RECORDS = 120_000;
const FILL_RECORDS_PER_SECOND = 20_000;
const FILLED_MS = 120_000;
const LIVE_RECORDS_PER_SECOND = 300;
const LIVE_MS = 4_000;
const DEAD_MS = 12_000;
const BACK_MS = 5_000;

const firstAssignment = (members: readonly Member[]): Promise<void> =>
  new Promise((resolve) => {
    for (const member of members)
      member.on((message) => message.kind === 'assigned' && message.partitions > 0 && resolve());
  });

/** Both members and their disks are gone; while their successors read the changelog back, a broker that leads it dies. */
export const restoreBrokerKilled: StreamFault = {
  name: 'restore-broker-killed',
  what: 'kill -9 of a broker of the changelog while a state of 60,000 keys is restored from it alone: every count is right',
  quick: false,
  async run(world) {
    const options = {
      keys: KEYS,
      handlerMs: 0,
      state: { paddingBytes: 100 },
      recordsPerSecond: LIVE_RECORDS_PER_SECOND,
    };
    const run = await GroupRun.idle(world, { name: 'restore', ...options });
    const fill = await run.startLoad({ recordsPerSecond: FILL_RECORDS_PER_SECOND, recordsMax: FILL_RECORDS });
    const before = await Promise.all([run.startMember(), run.startMember()]);
    await fill.ended(FILLED_MS);
    await run.caughtUp(FILLED_MS);
    await run.startLoad({ keyPrefix: 'live-' });
    await run.pass(LIVE_MS);
    await Promise.all(before.map((member) => member.kill()));
    await Promise.all(before.map(({ name }) => rm(run.stateDirOf(name), { recursive: true, force: true })));
    run.markFault('both members and their disks are gone');
    const after = await Promise.all([run.startMember(), run.startMember()]);
    await firstAssignment(after);
    const [first] = await world.view.partitions(run.changelog);
    await world.cluster.node(first?.leader ?? 1).kill();
    const restoredBefore = after.reduce((sum, { restored }) => sum + restored.partitions, 0);
    run.say(`broker ${first?.leader} killed, ${restoredBefore} of ${run.partitions} partitions restored`);
    await run.pass(DEAD_MS);
    await world.cluster.node(first?.leader ?? 1).start();
    await run.pass(BACK_MS);
    const bounds = brokerFaultBounds(run);
    const restored = run.members.map(({ name, restored: { records } }) => `${name} ${records}`);
    return run.judged(bounds, { repeatsMaxEach: bounds.each, restoredBefore, restored });
  },
};
