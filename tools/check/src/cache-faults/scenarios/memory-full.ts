import { CacheRun } from '../cache-run.ts';
import type { CacheFault } from '../world.ts';
import { seenOf, violationsWhere } from '../seen-of.ts';

const HOMES = 3_000;
const ROOM_BYTES = 256 * 1_024;
const LOAD_MS = 6_000;
const FULL_MS = 3_000;
const LANES = 8;
/** Both cores are others’ as well. */
const REST_MS = 3;
const BACK_MS = 15_000;

const numberIn = (info: string, name: string): number =>
  Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);

async function infoOf(run: CacheRun, name: string): Promise<number> {
  return numberIn(await run.redis.hand.info(), name);
}

/** Leaves so much room beside what is stored now. */
async function leaveRoom(run: CacheRun, bytes: number): Promise<void> {
  await run.redis.hand.config('SET', 'maxmemory', String((await infoOf(run, 'used_memory')) + bytes));
}

/** A key without an end, as the marks are: no policy that is allowed may evict it. */
const MARK_KEY = 'e1:{0}:k';

async function startFull(world: Parameters<CacheFault['run']>[0], name: string, policy: string): Promise<CacheRun> {
  const run = await CacheRun.start(world, { name, homes: HOMES, redis: { 'maxmemory-policy': policy } });
  await run.redis.hand.hset(MARK_KEY, 'any', 'thing');
  const busy = { lanes: LANES, restMs: REST_MS };
  await run.startReader('r0', busy);
  await run.startReader('r1', busy);
  await run.startWarmer('w0', { lanes: LANES, restMs: REST_MS });
  await run.startInvalidator('invalidator');
  await leaveRoom(run, ROOM_BYTES);
  await run.changeFor(LOAD_MS, 5);
  return run;
}

/** No room at all: every command that takes memory is refused, and what frees memory must still work. */
async function fill(run: CacheRun): Promise<{ acknowledgedWhileFull: number; hitsWhenBack: number }> {
  const before = run.outcomes.get('error CACHE_UNAVAILABLE of take') ?? 0;
  await run.redis.hand.config('SET', 'maxmemory', '1');
  await run.until('a member to be told that memory is full', () => {
    return (run.outcomes.get('error CACHE_UNAVAILABLE of take') ?? 0) > before;
  });
  const changes = acknowledgedBy(run);
  await run.changeFor(FULL_MS, 10);
  const acknowledgedWhileFull = acknowledgedBy(run) - changes;
  await run.redis.hand.config('SET', 'maxmemory', '64mb');
  const answers = run.answers.length;
  const hits = (): number => run.answers.slice(answers).filter(({ source }) => source === 'hit').length;
  await run.until('hits once more', () => hits() > 0, BACK_MS);
  return { acknowledgedWhileFull, hitsWhenBack: hits() };
}

const acknowledgedBy = (run: CacheRun): number =>
  [...run.outcomes].filter(([key]) => key.startsWith('invalidate ')).reduce((sum, [, count]) => sum + count, 0);

/** Every request pays for itself while nothing can be stored: estimate-api bounds how many do at once. */
const bounds = { billedPerHomeMax: Number.POSITIVE_INFINITY, errorCodes: ['CACHE_UNAVAILABLE'], shownPerHomeMin: 0 };

export const memoryEvicts: CacheFault = {
  name: 'memory-full-volatile-lru',
  what: 'maxmemory is reached under volatile-lru, then nothing is left to evict; readers, warm-ups and changes all the while',
  promised:
    'misses, never old values: what was evicted is not filled by an older ticket; marks stay; invalidations go through',
  quick: true,
  async run(world) {
    const run = await startFull(world, 'memory-full-volatile-lru', 'volatile-lru');
    const evictedKeys = await infoOf(run, 'evicted_keys');
    const hasMark = (await run.redis.hand.exists(MARK_KEY)) === 1;
    const full = await fill(run);
    const verdict = await run.judged(bounds);
    const violations = violationsWhere({
      'nothing was evicted: the memory was not full': evictedKeys === 0,
      'a key without an end was evicted': !hasMark,
      'no invalidation went through while memory was full': full.acknowledgedWhileFull === 0,
    });
    return seenOf(verdict, { violations, figures: { evictedKeys, ...full } });
  },
};

export const memoryRefuses: CacheFault = {
  name: 'memory-full-noeviction',
  what: 'maxmemory is reached under noeviction (OOM): readers, warm-ups and changes go on',
  promised: 'what cannot be stored is fetched for its own caller; invalidations go through; afterwards hits come back',
  quick: true,
  async run(world) {
    const run = await startFull(world, 'memory-full-noeviction', 'noeviction');
    const full = await fill(run);
    const verdict = await run.judged(bounds);
    const violations = violationsWhere({
      'no invalidation went through while memory was full': full.acknowledgedWhileFull === 0,
      'nobody was told that memory was full': verdict.errors['CACHE_UNAVAILABLE'] === undefined,
    });
    return seenOf(verdict, { violations, figures: { ...full } });
  },
};
