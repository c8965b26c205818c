import { GroupRun } from '../group-run.ts';
import { judgeRun } from '../judge-run.ts';
import type { InputPlace, RunObservation } from '../observation.ts';
import type { Seen } from '../../faults/scenario.ts';
import type { StreamFault } from '../world.ts';
import type { World } from '../world.ts';

const BACKLOG_RECORDS = 1_000_000;
/** As fast as one producer can. */
const FILL_RECORDS_PER_SECOND = 500_000;
const FILL_MS = 180_000;
const CATCH_UP_MS = 300_000;
const LIVE_RECORDS_PER_SECOND = 400;
const KEYS = 600;
/** Records older than this are skipped by a group that skips. */
const SKIP_OLDER_THAN_MS = 5_000;
/** So long the outage goes on after the last record of the backlog: all of it is older than the bound then. */
const OUTAGE_MS = 7_000;
const LIVE_MS = 10_000;

/** From the members' start until the group had committed everything. */
async function timeToCatchUp(run: GroupRun): Promise<number> {
  const began = performance.now();
  run.markFault('the members come');
  await Promise.all([run.startMember(), run.startMember(), run.startMember()]);
  await run.caughtUp(CATCH_UP_MS);
  const caughtUpMs = Math.round(performance.now() - began);
  run.say(`caught up after ${(caughtUpMs / 1_000).toFixed(1)} s`);
  return caughtUpMs;
}

/** Everything before the first record that the group made something of, partition by partition: what it skipped. */
function skippedOf({ input, output }: RunObservation): InputPlace[] {
  const first = new Map<number, number>();
  for (const { partition, offset } of output) first.set(partition, Math.min(first.get(partition) ?? Infinity, offset));
  return input.filter(({ partition, offset }) => offset < (first.get(partition) ?? Infinity));
}

/** The whole backlog is processed, in order, once. */
async function withoutSkip(world: World, filled: GroupRun): Promise<Seen> {
  const run = await GroupRun.idle(world, { name: 'backlog-all', inputOf: filled, handlerMs: 0 });
  const caughtUpMs = await timeToCatchUp(run);
  const { observation, violations } = await run.ended();
  const verdict = judgeRun(observation, { repeatsMax: () => 0 });
  const recordsPerSecond = Math.round((verdict.processed * 1_000) / caughtUpMs);
  return run.seen(verdict, violations, { caughtUpMs, recordsPerSecond });
}

/** The group goes on with what is young; what it left out was old enough, and everything after that is processed. */
async function withSkip(world: World): Promise<{ run: GroupRun; seen: Seen }> {
  const catchUp = { skipOlderThanMs: SKIP_OLDER_THAN_MS };
  const run = await GroupRun.idle(world, { name: 'backlog', handlerMs: 0, keys: KEYS, catchUp });
  const fill = await run.startLoad({ recordsPerSecond: FILL_RECORDS_PER_SECOND, recordsMax: BACKLOG_RECORDS });
  await fill.ended(FILL_MS);
  run.say(`${BACKLOG_RECORDS} records wait`);
  await run.pass(OUTAGE_MS);
  await run.startLoad({ recordsPerSecond: LIVE_RECORDS_PER_SECOND, keyPrefix: 'live-' });
  const joinedAfter = Date.now();
  const caughtUpMs = await timeToCatchUp(run);
  const joinedBefore = Date.now();
  await run.pass(LIVE_MS);
  const { observation, violations } = await run.ended();
  const skipped = skippedOf(observation);
  const places = new Set(skipped);
  const youngest = skipped.reduce((most, place) => Math.max(most, (place as { timestamp?: number }).timestamp ?? 0), 0);
  if (youngest > joinedBefore - SKIP_OLDER_THAN_MS) violations.push('a record was skipped that was not old enough');
  const oldButDone = observation.input.filter(
    (record) => record.timestamp < joinedAfter - SKIP_OLDER_THAN_MS && !places.has(record),
  ).length;
  if (oldButDone > 0) violations.push(`${oldButDone} records were old enough and not skipped`);
  const verdict = judgeRun({ ...observation, endedOtherwise: skipped }, { repeatsMax: () => 0 });
  return { run, seen: run.seen(verdict, violations, { skipped: skipped.length, caughtUpMs }) };
}

/** A day's records wait after an outage, for a group that wants the newest and for one that wants all. */
export const backlog: StreamFault = {
  name: 'backlog',
  what: 'a million records after an outage: a group that skips to now is there at once, one that does not takes all of them',
  quick: false,
  async run(world) {
    const { run, seen } = await withSkip(world);
    const all = await withoutSkip(world, run);
    const named = (prefix: string, { figures }: Seen) =>
      Object.fromEntries(Object.entries(figures).map(([figure, value]) => [`${prefix}.${figure}`, value]));
    return {
      violations: [
        ...seen.violations.map((violation) => `with skip: ${violation}`),
        ...all.violations.map((violation) => `without: ${violation}`),
      ],
      figures: { ...named('skip', seen), ...named('all', all) },
    };
  },
};
