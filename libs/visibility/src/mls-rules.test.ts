import { expect, test } from '@jest/globals';
import { createMlsRules, decide, type MlsRule } from './index.ts';

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
        return { rules: state.read, seenAt: state.now };
      },
    },
    pollMs: 500,
    clock: {
      after: (delayMs, run) => {
        const timer = { delayMs, run, off: false };
        timers.push(timer);
        return { cancel: () => void (timer.off = true) };
      },
    },
    elapsedMs: () => state.now,
    onError: (error) => errors.push(error),
  });
  const see = async (...read: MlsRule[]): Promise<void> => {
    state.read = read;
    await rules.load();
  };
  return { state, timers, errors, rules, see };
}

/** Lets promises that are already settled run on. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

test('a newer rule replaces an older one, an older one never comes back', async () => {
  const { rules, see } = bench();
  await see(rule('m1', 3, 'agent'));
  await see(rule('m1', 2, 'unregistered'));
  expect(rules.get('m1')).toEqual(rule('m1', 3, 'agent'));
  await see(rule('m1', 4, 'nobody'));
  expect(rules.get('m1')).toEqual(rule('m1', 4, 'nobody'));
});

test('a rule that is missing from a read stays in force', async () => {
  const { rules, see } = bench();
  await see(rule('m1', 1, 'agent'), rule('m2', 1, 'verified'));
  await see(rule('m2', 2, 'agent'));
  expect([rules.get('m1'), rules.get('m2'), rules.size()]).toEqual([rule('m1', 1, 'agent'), rule('m2', 2, 'agent'), 2]);
});

test('a looser rule counts for facts that are known to hold since it was seen, the stricter one for all others', async () => {
  const { state, rules, see } = bench();
  await see(rule('m1', 1, 'agent'));
  state.now += 500;
  await see(rule('m1', 2, 'unregistered'));
  const seenAt = state.now + 5.5; // the primary's clock may have been that far when the answer was here
  expect(rules.get('m1')?.activeLevel).toBe('agent');
  expect(rules.get('m1', state.now - 1)?.activeLevel).toBe('agent');
  expect(rules.get('m1', Math.ceil(seenAt))).toEqual(rule('m1', 2, 'unregistered'));
});

test('facts that were read after a looser rule was seen are judged by it, those read before by the stricter one', async () => {
  const { state, rules, see } = bench();
  await see(rule('m1', 1, 'agent'));
  state.now += 500;
  await see(rule('m1', 2, 'unregistered'));
  const facts = { status: 'active', mlsId: 'm1', overrideLevel: null } as const;
  expect(decide('registered', { ...facts, checkedAt: state.now - 100 }, rules).kind).toBe('restricted');
  expect(decide('registered', { ...facts, checkedAt: state.now + 100 }, rules).kind).toBe('allowed');
  expect(decide('registered', { ...facts, checkedAt: state.now - 100 }, rules, state.now + 100).kind).toBe('allowed');
  expect(decide('registered', facts, rules).kind).toBe('restricted');
});

test('where the rule of an MLS is followed from: the first load, its first sight, or a version that was leapt over', async () => {
  const { state, rules, see } = bench();
  expect([rules.followedSinceAt('m1'), rules.followedSinceAt(null)]).toEqual([-Infinity, -Infinity]);
  await see(rule('m1', 7, 'agent'));
  expect([rules.followedSinceAt('m1'), rules.followedSinceAt('m2'), rules.followedSinceAt(null)]).toEqual([
    1_000_000,
    -Infinity,
    -Infinity,
  ]);
  state.now += 500;
  await see(rule('m1', 8, 'nobody'), rule('m2', 1, 'agent'));
  expect(rules.followedSinceAt('m1')).toBe(1_000_000);
  expect(Math.floor(rules.followedSinceAt('m2'))).toBe(1_000_505);
  state.now += 500;
  await see(rule('m1', 10, 'agent'));
  expect(Math.floor(rules.followedSinceAt('m1'))).toBe(1_001_005);
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

test('a copy older than 30 s decides nothing on facts that somebody has read from the database since', async () => {
  const { state, rules } = bench();
  await rules.load();
  const loadedAt = state.now;
  state.now += 30_000;
  expect(rules.isUsable(state.now)).toBe(true);
  state.now += 1;
  expect([rules.isUsable(loadedAt + 2_500), rules.isUsable(loadedAt + 2_501)]).toEqual([true, false]);
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
  state.read = [rule('m1', 2, 'nobody')];
  timers[1]?.run();
  await settle();
  expect([rules.ageMs(), rules.get('m1')]).toEqual([0, rule('m1', 2, 'nobody')]);

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
