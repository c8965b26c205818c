import { CacheRun } from '../cache-run.ts';
import { monotonicNow } from '../../processes/monotonic-now.ts';
import type { CacheFault } from '../world.ts';
import { seenOf, violationsWhere } from '../seen-of.ts';

const BEFORE_MS = 2_000;
const DOWN_MS = 3_000;
const BACK_MAX_MS = 5_000;

/** Only what is always kept: what a lost memory may show is the business of the scenarios with the marks. */
export const redisKilled: CacheFault = {
  name: 'redis-killed-empty',
  what: 'kill -9 of Redis with persistence off, 3 s away, back empty; readers, warm-ups and changes all the while',
  promised:
    'right answers all along, paid one by one while it is away; every ticket from before is void; hits come back',
  quick: true,
  async run(world) {
    const run = await CacheRun.start(world, { name: 'redis-killed-empty' });
    await run.startReader('r0', { restMs: 20 });
    await run.startReader('r1', { restMs: 20 });
    await run.startWarmer('w0');
    await run.startInvalidator('invalidator');
    await run.changeFor(BEFORE_MS);
    await run.redis.kill();
    await run.changeFor(DOWN_MS);
    const away = run.answers.filter(({ source }) => source === 'trickle').length;
    await run.redis.start();
    const backAt = monotonicNow();
    const firstHit = () => run.answers.find(({ source, beganAt }) => source === 'hit' && beganAt > backAt);
    await run.until('a hit', () => firstHit() !== undefined);
    const backMs = Math.round((firstHit()?.endedAt ?? 0) - backAt);
    await run.changeFor(BEFORE_MS);
    const verdict = await run.judged({
      billedPerHomeMax: Number.POSITIVE_INFINITY,
      errorCodes: ['CACHE_UNAVAILABLE'],
    });
    const violations = violationsWhere({
      [`hits came back after ${backMs} ms`]: backMs > BACK_MAX_MS,
      'nobody was answered while Redis was away': away === 0,
    });
    return seenOf(verdict, { violations, figures: { answeredWhileAway: away, firstHitAfterMs: backMs } });
  },
};
