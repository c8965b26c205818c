import { GroupRun } from '../group-run.ts';
import { judgeRun } from '../judge-run.ts';
import type { Member } from '../member.ts';
import type { StreamFault } from '../world.ts';

const UNCOMMITTED_RECORDS = 30;
/** Beyond the session, so that others own the partitions when it wakes. */
const BEYOND_SESSION_MS = 4_000;
const AWAKE_MS = 8_000;
const LATE_MS = 1_000;

const frozenInTheMiddle = (member: Member): Promise<void> =>
  new Promise((resolve) => {
    let frozen = false;
    member.on((message) => {
      if (frozen || message.kind !== 'progress' || message.uncommitted < UNCOMMITTED_RECORDS) return;
      frozen = true;
      member.freeze();
      resolve();
    });
  });

/** A process sleeps while its partitions are given away, and wakes with handlers, outputs and a commit half done. */
export const memberFrozen: StreamFault = {
  name: 'member-frozen',
  what: 'SIGSTOP of a member beyond its session, then SIGCONT: awake, it sends and commits nothing of what it no longer owns',
  quick: true,
  async run(world) {
    const run = await GroupRun.flowing(world, { name: 'member-frozen' });
    const [zombie] = run.members;
    if (zombie === undefined) throw new Error('the group has no members');
    const held = zombie.partitions;
    await frozenInTheMiddle(zombie);
    run.markFault(`${zombie.name} frozen, ${held} partitions`);
    const { assignment } = zombie;
    await run.pass(run.settings.kafka.sessionMs + BEYOND_SESSION_MS);
    const endsWhenThawed = await world.view.ends(run.output);
    const thawedAt = Date.now();
    run.say('awake again');
    zombie.thaw();
    await run.pass(AWAKE_MS);
    const { observation, violations } = await run.ended();
    const late = observation.output.filter(
      (record) =>
        record.member === zombie.name &&
        record.assignment <= assignment &&
        record.outputOffset >= (endsWhenThawed[record.outputPartition] ?? 0),
    );
    const madeAwake = late.filter(({ madeAt }) => madeAt >= thawedAt).length;
    // One request may have been on its way out when the process froze: no client can take that back.
    const underWay = late.length - madeAwake;
    if (madeAwake > 0) violations.push(`awake, the zombie made and sent ${madeAwake} records of its old assignment`);
    if (zombie.assignment <= assignment) violations.push('the zombie never came back into the group');
    const repeatsMax = run.recordsIn(run.settings.runLoop.commitEveryMs + LATE_MS, held);
    const bounds = { repeatsMax: (member: string) => (member === zombie.name ? repeatsMax : underWay) };
    const figures = { madeByZombieAwake: madeAwake, underWayWhenFrozen: underWay, repeatsMax };
    return run.seen(judgeRun(observation, bounds), violations, figures);
  },
};
