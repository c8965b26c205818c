import assert from 'node:assert/strict';
import type { BudgetStore } from '../budget-store.ts';
import type { Lane } from '../port.ts';
import { budgetLimitsOf } from '../token-bucket.ts';

/** One promise of `BudgetStore`: a title, and a check on stores of one new budget that throws. */
export interface BudgetCase {
  readonly title: string;
  /** @param open another process's way to the same budget, which nobody has drawn from before */
  check(open: () => BudgetStore): Promise<void>;
}

/** Eight calls and 750 homes saved up, and next to nothing flows in while a test runs. */
const limits = budgetLimitsOf({ requestsPerS: 0.0001, itemsPerS: 0.009375, burstS: 80_000, reserveShare: 0.5 });
const unlimited = budgetLimitsOf({ requestsPerS: 0, itemsPerS: 0, burstS: 1, reserveShare: 0.5 });

const drawn = async (store: BudgetStore, calls: number, items: number, lane: Lane): Promise<string[]> => {
  const outcomes: string[] = [];
  for (let call = 0; call < calls; call += 1) outcomes.push((await store.draw({ items, lane, limits })).outcome);
  return outcomes;
};
const times = (outcome: string, count: number): string[] => Array.from({ length: count }, () => outcome);

/** Every store of the fleet's budget, in memory or in Redis however it is reached, keeps these. */
export const budgetConformance: readonly BudgetCase[] = [
  {
    title: 'all processes draw from one budget of calls',
    async check(open) {
      assert.deepEqual(await drawn(open(), 5, 1, 'user'), times('ok', 5));
      assert.deepEqual(await drawn(open(), 4, 1, 'user'), [...times('ok', 3), 'no-requests']);
    },
  },
  {
    title: 'and from one of homes; what is refused takes nothing',
    async check(open) {
      assert.deepEqual(await drawn(open(), 8, 100, 'user'), [...times('ok', 7), 'no-items']);
      assert.deepEqual(await drawn(open(), 1, 50, 'user'), ['ok']);
      assert.deepEqual(await drawn(open(), 1, 1, 'user'), ['no-requests']);
    },
  },
  {
    title: 'what was drawn for a call that was not made is there again, and never more than there was',
    async check(open) {
      assert.deepEqual(await drawn(open(), 7, 100, 'user'), times('ok', 7));
      await open().giveBack({ items: 100, limits });
      assert.deepEqual(await drawn(open(), 2, 100, 'user'), ['ok', 'no-items']);
      assert.deepEqual(await drawn(open(), 2, 25, 'user'), ['ok', 'no-requests']);
      const giveBackALot = async (): Promise<void> => {
        for (let time = 0; time < 20; time += 1) await open().giveBack({ items: 100, limits });
      };
      await giveBackALot();
      assert.deepEqual(await drawn(open(), 9, 1, 'user'), [...times('ok', 8), 'no-requests']);
      await giveBackALot();
      assert.deepEqual(await drawn(open(), 8, 100, 'user'), [...times('ok', 7), 'no-items']);
    },
  },
  {
    title: 'background calls leave the reserve, which users have',
    async check(open) {
      assert.deepEqual(await drawn(open(), 6, 10, 'background'), [...times('ok', 4), ...times('no-requests', 2)]);
      assert.deepEqual(await drawn(open(), 5, 10, 'user'), [...times('ok', 4), 'no-requests']);
    },
  },
  {
    title: 'a pause is told to all, longer to those for whom nobody waits, and the longest counts',
    async check(open) {
      await open().pause({ userMs: 60_000, backgroundMs: 120_000 });
      await open().pause({ userMs: 1_000, backgroundMs: 1_000 });
      const leftOf = async (lane: Lane): Promise<number> => {
        const told = await open().draw({ items: 1, lane, limits: unlimited });
        return told.outcome === 'paused' ? told.leftMs : 0;
      };
      const [user, background] = [await leftOf('user'), await leftOf('background')];
      assert.ok(user > 1_000 && user <= 60_000, `users have ${user} ms left`);
      assert.ok(background > user && background <= 120_000, `the others ${background}`);
    },
  },
];
