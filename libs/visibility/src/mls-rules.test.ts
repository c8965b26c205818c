import { expect, test } from '@jest/globals';
import { createMlsRules, type MlsRule } from './index.ts';

const rule = (mlsId: string, ruleVersion: number, level: MlsRule['activeLevel']): MlsRule => ({
  mlsId,
  ruleVersion,
  activeLevel: level,
  offMarketLevel: level,
});

/** A catalogue that answers with what the test says, a clock that the test moves, and timers that it runs. */
function bench() {
  const state = { now: 1_000_000, read: [] as MlsRule[], fails: false, reads: 0 };
  const timers: { delayMs: number; run: () => void; off: boolean }[] = [];
  const errors: unknown[] = [];
  const rules = createMlsRules({
    catalog: {
      async mlsRules() {
        state.reads += 1;
        if (state.fails) throw new Error('no database');
        return { rules: state.read, readAt: state.now };
      },
    },
    pollMs: 500,
    clock: {
      now: () => state.now,
      after: (delayMs, run) => {
        const timer = { delayMs, run, off: false };
        timers.push(timer);
        return { cancel: () => void (timer.off = true) };
      },
    },
    onError: (error) => errors.push(error),
  });
  return { state, timers, errors, rules };
}

/** Lets promises that are already settled run on. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

test('a newer rule replaces an older one, an older one never comes back', async () => {
  const { state, rules } = bench();
  state.read = [rule('m1', 3, 'agent')];
  await rules.load();
  state.read = [rule('m1', 2, 'unregistered')];
  await rules.load();
  expect(rules.get('m1')).toEqual(rule('m1', 3, 'agent'));
  state.read = [rule('m1', 4, 'registered')];
  await rules.load();
  expect(rules.get('m1')).toEqual(rule('m1', 4, 'registered'));
});

test('a rule that is missing from a read stays in force', async () => {
  const { state, rules } = bench();
  state.read = [rule('m1', 1, 'agent'), rule('m2', 1, 'verified')];
  await rules.load();
  state.read = [rule('m2', 2, 'agent')];
  await rules.load();
  expect([rules.get('m1'), rules.get('m2'), rules.size()]).toEqual([rule('m1', 1, 'agent'), rule('m2', 2, 'agent'), 2]);
});

test('a copy is unusable before the first load and after 120 s without one', async () => {
  const { state, rules } = bench();
  expect([rules.isUsable(), rules.ageMs()]).toEqual([false, Infinity]);
  await rules.load();
  state.now += 120_000;
  expect([rules.isUsable(), rules.ageMs()]).toEqual([true, 120_000]);
  state.now += 1;
  expect(rules.isUsable()).toBe(false);
});

test('polling goes on after a failure, which is reported and only lets the copy age', async () => {
  const { state, timers, errors, rules } = bench();
  state.read = [rule('m1', 1, 'agent')];
  rules.start();
  rules.start();
  await settle();
  expect([state.reads, timers.map(({ delayMs }) => delayMs)]).toEqual([1, [500]]);

  state.fails = true;
  state.now += 500;
  timers[0]?.run();
  await settle();
  expect(errors).toEqual([new Error('no database')]);
  expect([rules.ageMs(), rules.get('m1')]).toEqual([500, rule('m1', 1, 'agent')]);

  state.fails = false;
  state.read = [rule('m1', 2, 'verified')];
  timers[1]?.run();
  await settle();
  expect([rules.ageMs(), rules.get('m1')]).toEqual([0, rule('m1', 2, 'verified')]);

  rules.stop();
  expect(timers[2]?.off).toBe(true);
});

test('age is counted from when the read began, so that a slow read does not look young', async () => {
  const { state, rules } = bench();
  const loading = rules.load();
  state.now += 2_000;
  await loading;
  expect(rules.ageMs()).toBe(2_000);
});

test('stopping and starting while a poll is under way leaves one loop, not two', async () => {
  const { timers, rules } = bench();
  rules.start();
  rules.stop();
  rules.start();
  await settle();
  expect(timers).toHaveLength(1);
});
