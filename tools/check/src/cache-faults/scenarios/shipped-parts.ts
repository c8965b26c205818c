import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FeedRun, OBEYED_WITHIN_MS } from '../feed-run.ts';
import { judgeHistory } from '../judge-history.ts';
import type { CacheFault } from '../world.ts';
import { seenOf, violationsWhere } from '../seen-of.ts';

const STEP_MS = 300_000;
const HOMES = 32;
const HIDDEN_EACH_TIME = 4;
const KILLS = 3;
const BILLED_MAX = 8 * HOMES;
const BETWEEN_MS = 3_000;
/** Beyond a group session (6 s): a member whose heartbeats go by the wall clock is put out by then. */
const BEYOND_SESSION_MS = 9_000;
/** A request that is on its way when its clock leaps ahead has no time left: two of them, three times, each for all homes. */
const PENDING_MAX = 2 * 3 * HOMES;

const steppable = ['estimate-api', 'invalidator', 'catalog-relay'] as const;

/** Loads the clock that can be stepped before the app, and says where it finds its step. */
const withClock = (file: string) => ({
  NODE_OPTIONS: `--import=${fileURLToPath(new URL('../members/shift-clock.ts', import.meta.url))}`,
  CLOCK_STEP_FILE: file,
});

/** Steps the wall clock of each app, some ahead and some behind. */
async function stepClocks(run: FeedRun, files: Readonly<Record<string, string>>, ms: number): Promise<void> {
  for (const [n, app] of steppable.entries()) {
    await writeFile(files[app] ?? '', String(n % 2 === 0 ? ms : -ms));
    const pid = run.fleet.pid(app);
    if (pid !== undefined) process.kill(pid, 'SIGUSR2');
  }
}

export const appClockSteps: CacheFault = {
  name: 'app-clock-steps',
  what: 'the wall clocks of estimate-api, invalidator and catalog-relay step by 5 minutes, three times and either way, while homes are hidden',
  promised: `as if nothing were wrong; every change obeyed ${OBEYED_WITHIN_MS} ms after its commit, no home unavailable; only requests under way at a step may be told pending`,
  quick: false,
  async run(world) {
    const files = Object.fromEntries(steppable.map((app) => [app, join(world.folder, `${app}.step`)]));
    const environmentOf = Object.fromEntries(steppable.map((app) => [app, withClock(files[app] ?? '')]));
    const run = await FeedRun.start(world, { name: 'app-clock-steps', homes: HOMES, environmentOf });
    for (const ms of [STEP_MS, -STEP_MS, 0]) {
      await stepClocks(run, files, ms);
      await run.pass(BEYOND_SESSION_MS);
      await run.untilAcknowledged(await run.hideNext(HIDDEN_EACH_TIME));
    }
    const verdict = judgeHistory(await run.history(), { billedPerHomeMax: BILLED_MAX, errorCodes: [] });
    const violations = violationsWhere({
      [`${verdict.unavailable} answers were unavailable`]: verdict.unavailable > 0,
      [`${verdict.pending} answers were pending`]: verdict.pending > PENDING_MAX,
    });
    return seenOf(verdict, { violations });
  },
};

export const shippedInvalidatorKilled: CacheFault = {
  name: 'app-invalidator-killed',
  what: `kill -9 of the invalidator, ${KILLS} times, right after it applied changes that it has not committed; started again`,
  promised: `nothing lost, nothing old shown; every change obeyed ${OBEYED_WITHIN_MS} ms after its commit`,
  quick: false,
  async run(world) {
    const run = await FeedRun.start(world, { name: 'app-invalidator-killed', homes: HOMES });
    for (let kill = 0; kill < KILLS; kill += 1) {
      await run.untilAcknowledged(await run.hideNext(HIDDEN_EACH_TIME));
      await run.killInvalidator();
      await run.hideNext(HIDDEN_EACH_TIME);
      await run.restartInvalidator();
      await run.pass(BETWEEN_MS);
    }
    const verdict = judgeHistory(await run.history(), { billedPerHomeMax: BILLED_MAX, errorCodes: [] });
    return seenOf(verdict, { figures: { kills: KILLS } });
  },
};
