import { rm } from 'node:fs/promises';
import { GroupRun } from '../group-run.ts';
import type { StreamFault } from '../world.ts';

const UNCOMMITTED_RECORDS = 30;
const AFTER_MS = 12_000;
const AGAIN_MS = 8_000;
const LATE_MS = 1_000;

/** The state of a killed process is found again by others from the changelog, and by its successor on an empty disk. */
export const stateMemberKilled: StreamFault = {
  name: 'state-member-killed',
  what: 'kill -9 of a member with state, its disk lost: every key goes on at its count, and no redelivery is counted twice',
  quick: true,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'state-member-killed', state: { paddingBytes: 0 } });
    const [victim] = run.members;
    if (victim === undefined) throw new Error('the group has no members');
    const held = victim.partitions;
    await victim.killWhenUncommitted(UNCOMMITTED_RECORDS);
    run.markFault(`${victim.name} killed, ${held} partitions`);
    await rm(run.stateDirOf(victim.name), { recursive: true, force: true });
    await run.pass(AFTER_MS);
    await run.startMember();
    await run.pass(AGAIN_MS);
    const repeatsMax = run.recordsIn(run.settings.runLoop.commitEveryMs + LATE_MS, held);
    const restored = run.members.map((member) => `${member.name} ${member.restored.records}`);
    return run.judged({ repeatsMax: (member) => (member === victim.name ? repeatsMax : 0) }, { repeatsMax, restored });
  },
};
