import { defaultCacheConfig } from '@porchlight/estimate-cache';
import { CacheRun } from '../cache-run.ts';
import type { CacheFault } from '../world.ts';
import { seenOf, violationsWhere } from '../seen-of.ts';

const STEP_MS = 300_000;
const HALF_MS = 4_000;
const BILLED_MAX = 60;

/** Keys whose end lies further ahead than the protocol ever sets one. */
async function findTooLongLived({ redis }: CacheRun): Promise<string[]> {
  const keys = await redis.hand.keys('e1:*');
  const ends = await Promise.all(keys.map(async (key) => ({ key, ttlMs: await redis.hand.pttl(key) })));
  const mostMs = (key: string): number =>
    key.endsWith(':m') ? defaultCacheConfig.keepMs : defaultCacheConfig.estimateTtlActiveMs;
  return ends.filter(({ key, ttlMs }) => ttlMs === -1 || ttlMs > mostMs(key)).map(({ key }) => key);
}

export const clockSteps: CacheFault = {
  name: 'clock-steps',
  what: 'the wall clocks of readers, warm-ups and the invalidator are 5 minutes off either way, and change sides in the middle',
  promised: 'as if nothing were wrong: only the clock of Redis counts',
  quick: true,
  async run(world) {
    const run = await CacheRun.start(world, { name: 'clock-steps' });
    const members = [
      await run.startReader('true'),
      await run.startReader('ahead', { clockShiftMs: STEP_MS }),
      await run.startReader('behind', { clockShiftMs: -STEP_MS }),
      await run.startWarmer('warm-ahead', { clockShiftMs: STEP_MS }),
      await run.startInvalidator('invalidator', { clockShiftMs: -STEP_MS }),
    ];
    await run.changeFor(HALF_MS);
    const shifts = [0, -STEP_MS, STEP_MS, -STEP_MS, STEP_MS];
    members.forEach((member, n) => member.send({ kind: 'step-clock', ms: shifts[n] ?? 0 }));
    await run.changeFor(HALF_MS);
    const verdict = await run.judged({ billedPerHomeMax: BILLED_MAX, errorCodes: [] });
    const tooLong = await findTooLongLived(run);
    const violations = violationsWhere({
      [`keys live longer than they may: ${tooLong.slice(0, 3).join(', ')}`]: tooLong.length > 0,
      [`hits are ${verdict.hits} of ${verdict.answers} answers`]: verdict.hits * 2 < verdict.answers,
    });
    return seenOf(verdict, { violations });
  },
};
