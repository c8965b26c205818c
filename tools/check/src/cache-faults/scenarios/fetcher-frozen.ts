import { CacheRun } from '../cache-run.ts';
import type { CacheMember } from '../cache-member.ts';
import type { CacheFault } from '../world.ts';
import { seenOf, violationsWhere } from '../seen-of.ts';

const FROZEN_MS = 10_000;
const APPLY_MS = 5_000;

/** What happens to each home while its fetcher sleeps. */
const homes = {
  changedAndFilled: 'home-0',
  filled: 'home-1',
  changed: 'home-2',
  changedAndForgotten: 'home-3',
} as const;
const all = Object.values(homes);

/** It has its tickets, its facts and its estimates, and then sleeps before it can fill. */
async function freezeBeforeFill(run: CacheRun, fetcher: CacheMember): Promise<readonly Promise<void>[]> {
  const answer = run.hold(fetcher.name, 'estimates');
  const paid = all.map((propertyId) => fetcher.asksFor('estimates', propertyId));
  const taken = all.map((propertyId) => fetcher.take(propertyId));
  await Promise.all(paid);
  fetcher.freeze();
  answer();
  return taken;
}

async function meanwhile(run: CacheRun, user: CacheMember): Promise<void> {
  for (const propertyId of [homes.changedAndFilled, homes.changed, homes.changedAndForgotten]) {
    const version = run.truth.changeFacts(propertyId);
    await run.until('the invalidation', () => run.hasAcknowledged(propertyId, version), APPLY_MS);
  }
  const keys = await run.redis.hand.keys(`*:${homes.changedAndForgotten}:m`); // our own server: nobody else waits
  await run.redis.hand.del(...keys);
  await Promise.all([user.take(homes.changedAndFilled), user.take(homes.filled)]);
}

export const fetcherFrozen: CacheFault = {
  name: 'fetcher-frozen',
  what: 'SIGSTOP of a fetcher for 10 s between paying and filling; its homes are changed, refilled and forgotten meanwhile',
  promised: 'its late fills bring nothing old back, and its own callers get what is true now',
  quick: true,
  async run(world) {
    const run = await CacheRun.start(world, { name: 'fetcher-frozen', homes: all.length });
    const idle = { lanes: 0 };
    await run.startInvalidator('invalidator');
    const user = await run.startReader('user', idle);
    const fetcher = await run.startReader('fetcher', idle);
    const taken = await freezeBeforeFill(run, fetcher);
    const slept = run.pass(FROZEN_MS);
    await meanwhile(run, user);
    await slept;
    run.say('fetcher-frozen: awake again');
    fetcher.thaw();
    await Promise.all(taken);
    const answers = run.answers.filter(({ member }) => member === fetcher.name);
    const late = Object.fromEntries(answers.map(({ propertyId, factsVersion }) => [propertyId, factsVersion]));
    const verdict = await run.judged({ billedPerHomeMax: 2, errorCodes: [] });
    const refused = run.outcomes.get('fill epoch') ?? 0;
    const violations = violationsWhere({
      [`the sleeper answered ${JSON.stringify(late)}`]: all.some(
        (home) => late[home] !== (home === homes.filled ? 1 : 2),
      ),
      [`${refused} late fills were refused for their epoch, and 3 should be`]: refused !== 3,
    });
    return seenOf(verdict, { violations, figures: { lateFillsRefused: refused, lateAnswers: answers.length } });
  },
};
