import { describe, expect, test } from '@jest/globals';
import { createFleetBudget, type Drawn, type FleetBudgetOptions } from './fleet-budget.ts';
import type { Lane } from './port.ts';
import { SourceNotAsked } from './source-errors.ts';
import { manualSourceClock, memoryBudgetStore } from './testing/index.ts';

/** null: drawn. */
const codeOf = (drawn: Drawn | SourceNotAsked): string | null => (drawn instanceof SourceNotAsked ? drawn.code : null);

function bench(changes: Partial<FleetBudgetOptions> = {}) {
  const clock = manualSourceClock();
  const store = memoryBudgetStore(clock);
  const drawn: string[] = [];
  const silent: unknown[] = [];
  const create = () =>
    createFleetBudget({
      store,
      requestsPerS: 10,
      itemsPerS: 0,
      burstS: 1,
      reserveShare: 0.5,
      localShare: 0.2,
      clock,
      onDraw: (from) => drawn.push(from),
      onStoreSilent: (error) => silent.push(error),
      ...changes,
    });
  const budget = create();
  /** How many of so many draws are let through. */
  const passed = async (count: number, lane: Lane = 'user', by = budget): Promise<number> => {
    let passes = 0;
    for (let time = 0; time < count; time += 1) {
      const draw = by.draw(1, lane);
      await clock.settle();
      if (codeOf(await draw) === null) passes += 1;
    }
    return passes;
  };
  return { clock, store, drawn, silent, budget, create, passed };
}

test('processes share one budget', async () => {
  const { budget, create, passed } = bench();
  const other = create();
  expect([await passed(6, 'user', budget), await passed(6, 'user', other)]).toEqual([6, 4]);
  expect(codeOf(await other.draw(1, 'user'))).toBe('SOURCE_OVER_BUDGET');
});

describe('a pause that upstream asked one process for', () => {
  test('is kept by all, longer by those for whom nobody waits, and ends', async () => {
    const { clock, budget, create } = bench();
    const other = create();
    budget.pause(1_000);
    await clock.settle();
    expect(codeOf(await other.draw(1, 'user'))).toBe('SOURCE_PAUSED');
    expect([budget.pausedMs('user'), other.pausedMs('user'), other.pausedMs('background')]).toEqual([
      1_000, 1_000, 1_000,
    ]);
    await clock.move(1_000);
    expect([codeOf(await other.draw(1, 'user')), codeOf(await other.draw(1, 'background'))]).toEqual([
      null,
      'SOURCE_PAUSED',
    ]);
    await clock.move(1_000);
    expect(codeOf(await other.draw(1, 'background'))).toBeNull();
  });

  test('is asked for in the store no more while this process knows of it', async () => {
    const { store, budget, passed } = bench();
    budget.pause(1_000);
    const asked = store.asked();
    expect([await passed(5), store.asked() - asked]).toEqual([0, 0]);
  });

  test('is not made shorter by another one', async () => {
    const { budget } = bench();
    budget.pause(5_000);
    budget.pause(1_000);
    expect(budget.pausedMs('user')).toBe(5_000);
  });

  test('does not outlive a clock of this host that is set back', async () => {
    const { clock, budget } = bench();
    await clock.move(3_600_000);
    budget.pause(1_000);
    await clock.move(-3_600_000);
    expect([budget.pausedMs('user'), budget.pausedMs('background')]).toEqual([0, 0]);
  });

  test('is kept also after the clock of this host was set back', async () => {
    const { clock, store, budget, passed } = bench();
    await clock.move(3_600_000);
    budget.pause(1_000);
    await clock.move(-3_600_000);
    store.fault = new Error('away');
    budget.pause(1_000);
    expect([budget.pausedMs('user'), budget.pausedMs('background'), await passed(3)]).toEqual([1_000, 2_000, 0]);
  });

  test('is kept by this process while the store is away', async () => {
    const { store, budget, passed } = bench();
    store.fault = new Error('away');
    budget.pause(1_000);
    expect(await passed(3)).toBe(0);
  });
});

describe('while the store is away', () => {
  test('a process spends its share of the rate and no burst, and is heard of once', async () => {
    const { clock, store, drawn, silent, passed } = bench();
    await clock.move(60_000); // long enough for any bucket to be full
    store.fault = new Error('away');
    expect(await passed(20)).toBe(0);
    await clock.move(1_000);
    expect(await passed(20)).toBe(2);
    expect([new Set(drawn), silent.length]).toEqual([new Set(['local']), 1]);
  });

  test('nobody waits for one that hangs, and it is asked again after a while', async () => {
    const { clock, store, budget } = bench();
    store.fault = 'hang';
    const first = budget.draw(1, 'user');
    await clock.move(100);
    expect(codeOf(await first)).toBe('SOURCE_OVER_BUDGET');
    await budget.draw(1, 'user');
    expect(store.asked()).toBe(1);
    store.fault = null;
    await clock.move(1_000);
    expect([codeOf(await budget.draw(1, 'user')), store.asked()]).toEqual([null, 2]);
  });

  test('it is asked again also when the clock of this host was set back meanwhile', async () => {
    const { clock, store, budget } = bench();
    await clock.move(3_600_000);
    store.fault = new Error('away');
    await budget.draw(1, 'user');
    store.fault = null;
    await clock.move(-3_600_000);
    expect([codeOf(await budget.draw(1, 'user')), store.asked()]).toEqual([null, 2]);
  });

  test('a share of nothing lets nothing through; without a budget there is nothing to keep', async () => {
    const closed = bench({ localShare: 0 });
    closed.store.fault = new Error('away');
    await closed.passed(1);
    await closed.clock.move(10_000);
    expect(await closed.passed(5)).toBe(0);
    const free = bench({ requestsPerS: 0 });
    free.store.fault = new Error('away');
    expect(await free.passed(50)).toBe(50);
  });
});

describe('what was drawn for a call that is not made', () => {
  const giveBackOne = async (budget: ReturnType<ReturnType<typeof bench>['create']>): Promise<void> => {
    const drawn = await budget.draw(1, 'user');
    if (drawn instanceof SourceNotAsked) throw drawn;
    drawn.giveBack();
  };

  test('goes back to the fleet', async () => {
    const { clock, budget, create, passed } = bench();
    await giveBackOne(budget);
    await clock.settle();
    expect(await passed(11, 'user', create())).toBe(10);
  });

  test('goes back to the own share if it came from there, and a store that does not take it back costs nobody anything', async () => {
    const { clock, store, budget, passed } = bench();
    store.fault = new Error('away');
    expect(await passed(1)).toBe(0); // the share begins empty
    await clock.move(500);
    await giveBackOne(budget);
    await clock.settle();
    expect(await passed(2)).toBe(1);
  });
});
