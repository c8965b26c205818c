import { defaultCacheConfig } from '@porchlight/estimate-cache';
import { CacheRun } from '../cache-run.ts';
import type { CacheMember } from '../cache-member.ts';
import { monotonicNow } from '../../processes/monotonic-now.ts';
import type { CacheFault } from '../world.ts';
import { seenOf, violationsWhere } from '../seen-of.ts';

/** A poll of whoever waits, and a busy machine. */
const LATE_MS = 500;

/** Kills a member that has paid for this home and not filled it. @returns when */
async function killHolding(run: CacheRun, victim: CacheMember, propertyId: string): Promise<number> {
  run.hold(victim.name, 'estimates');
  const paid = victim.asksFor('estimates', propertyId);
  victim.take(propertyId).catch(() => undefined); // it will not end
  await paid;
  await victim.kill();
  return monotonicNow();
}

async function msUntilShown(run: CacheRun, by: CacheMember, propertyId: string, since: number): Promise<number> {
  await by.take(propertyId);
  const answer = run.answers.findLast((each) => each.member === by.name && each.propertyId === propertyId);
  return answer?.factsVersion === 1 ? answer.endedAt - since : Number.POSITIVE_INFINITY;
}

export const leaseHolderKilled: CacheFault = {
  name: 'lease-holder-killed',
  what: 'kill -9 of a fetcher that holds a lease and has paid: once a user’s, once a warm-up’s',
  promised: 'the next one fetches when the lease has ended (1.5 s), behind a warm-up at once; one call more, no more',
  quick: true,
  async run(world) {
    const run = await CacheRun.start(world, { name: 'lease-holder-killed', homes: 2 });
    const idle = { lanes: 0 };
    const user = await run.startReader('user', idle);
    const ofUser = await killHolding(run, await run.startReader('victim', idle), 'home-0');
    const behindUserMs = await msUntilShown(run, user, 'home-0', ofUser);
    const ofWarmUp = await killHolding(run, await run.startWarmer('warm-victim', idle), 'home-1');
    const behindWarmUpMs = await msUntilShown(run, user, 'home-1', ofWarmUp);
    const verdict = await run.judged({ billedPerHomeMax: 2, errorCodes: [] });
    const leaseMs = defaultCacheConfig.leaseSyncMs;
    const violations = violationsWhere({
      [`behind a dead user it took ${behindUserMs} ms`]: behindUserMs > leaseMs + LATE_MS,
      [`behind a dead warm-up it took ${behindWarmUpMs} ms`]: behindWarmUpMs > LATE_MS,
      [`${verdict.billed} calls were paid for, and 4 explain themselves`]: verdict.billed !== 4,
    });
    const figures = { behindUserMs: Math.round(behindUserMs), behindWarmUpMs: Math.round(behindWarmUpMs) };
    return seenOf(verdict, { violations, figures });
  },
};
