import { CacheRun } from '../cache-run.ts';
import type { CacheFault } from '../world.ts';
import { seenOf, violationsWhere } from '../seen-of.ts';

const CHANGED_HOMES = 20;

async function killBetweenApplyAndCommit(run: CacheRun): Promise<void> {
  const invalidator = await run.startInvalidator('a', { holdsCommit: true });
  await invalidator.until(({ kind }) => kind === 'held');
  await invalidator.kill();
}

const removals = (run: CacheRun): number => run.outcomes.get('invalidate removed') ?? 0;

export const invalidatorKilled: CacheFault = {
  name: 'invalidator-killed',
  what: 'kill -9 of the invalidator between apply and commit, under readers and warm-ups; the next one applies it all again',
  promised: 'nothing is lost, and the repeated changes remove no value that is new enough: no paid call more',
  quick: true,
  async run(world) {
    const run = await CacheRun.start(world, { name: 'invalidator-killed' });
    const reader = await run.startReader('r0');
    await run.startReader('r1');
    await run.startWarmer('w0');
    const changed = run.truth.propertyIds.slice(0, CHANGED_HOMES);
    await run.until('every home to be cached', () => run.truth.billed.size === run.truth.propertyIds.length);
    for (const propertyId of changed) run.truth.changeFacts(propertyId);
    await killBetweenApplyAndCommit(run);
    // Filled again under the new facts, so that a repeated removal would be seen, and paid for.
    await Promise.all(changed.map((propertyId) => reader.take(propertyId)));
    const before = { removed: removals(run), billed: billOf(run) };
    await run.startInvalidator('b');
    await run.until('the changes to be committed', () => run.truth.lag === 0);
    await run.pass(1_000);
    const again = { removed: removals(run) - before.removed, billed: billOf(run) - before.billed };
    await run.changeFor(3_000);
    const verdict = await run.judged({ billedPerHomeMax: 40, errorCodes: [] });
    const violations = violationsWhere({
      [`${again.removed} values that were new enough were removed by repeated changes`]: again.removed > 0,
      [`${again.billed} calls were paid for because of repeated changes`]: again.billed > 0,
    });
    const figures = { repeatedChanges: CHANGED_HOMES, removedByRepeats: again.removed, paidForRepeats: again.billed };
    return seenOf(verdict, { violations, figures });
  },
};

const billOf = (run: CacheRun): number => [...run.truth.billed.values()].reduce((sum, calls) => sum + calls, 0);
