import { join } from 'node:path';
import { GroupRun } from '../group-run.ts';
import type { Seen } from '../../faults/scenario.ts';
import { mountSmallDisk, type SmallDisk } from '../small-disk.ts';
import { missedBy, waitFor } from '../../wait-for.ts';
import type { StreamFault, World } from '../world.ts';

const SMALL_MB = 6;
const LARGE_MB = 256;
const KEYS = 20_000;
const PADDING_BYTES = 1_000;
const RECORDS_PER_SECOND = 1_500;
const STOPPED_WITHIN_MS = 60_000;
const TAKEN_OVER_MS = 8_000;
const AGAIN_MS = 8_000;
const LATE_MS = 1_000;
const CODE = 'STATE_DISK_FAILED';

/** One member's disk is full: it stops with a code and nothing half written; others take over; on a larger disk it comes back. */
export const stateDiskFull: StreamFault = {
  name: 'state-disk-full',
  what: 'the disk under a state store is full: the member stops with STATE_DISK_FAILED, its state is found again, every count is right',
  quick: false,
  async run(world) {
    const folder = join(world.folder, 'small-disk');
    const disk = await mountSmallDisk(folder, SMALL_MB);
    if ('problem' in disk) return { violations: [], figures: {}, skipped: disk.problem };
    try {
      return await onDisk(world, folder, disk);
    } finally {
      await disk.remove();
    }
  },
};

async function onDisk(world: World, folder: string, disk: SmallDisk): Promise<Seen> {
  const state = { paddingBytes: PADDING_BYTES };
  const options = { keys: KEYS, handlerMs: 0, recordsPerSecond: RECORDS_PER_SECOND, state };
  const run = await GroupRun.idle(world, { name: 'state-disk-full', ...options });
  await run.startLoad();
  const [victim] = await Promise.all([run.startMember({ stateDir: folder }), run.startMember()]);
  run.expectedToFail.add(victim);
  const within = { withinMs: STOPPED_WITHIN_MS, signal: world.signal };
  const problems = await missedBy(waitFor('the member on the full disk stopped', () => victim.hasExited, within));
  const code = victim.fatal?.code ?? 'none';
  run.markFault(`${victim.name} stopped with ${code}`);
  if (code !== CODE) problems.push(`it stopped with ${code}, not ${CODE}`);
  await run.pass(TAKEN_OVER_MS);
  await disk.grow(LARGE_MB);
  await run.startMember({ stateDir: folder });
  run.say('a member comes back to the same disk, which has room now');
  await run.pass(AGAIN_MS);
  const repeatsMax = run.recordsIn(run.settings.runLoop.commitEveryMs + LATE_MS);
  const bounds = { repeatsMax: (member: string) => (member === victim.name ? repeatsMax : 0) };
  const seen = await run.judged(bounds, { code, repeatsMax });
  return { ...seen, violations: [...problems, ...seen.violations] };
}
