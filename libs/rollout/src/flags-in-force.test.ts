import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { flagsInForce, usualFlags } from './flags-in-force.ts';
import { flagNames, specOf, type FlagName } from './flags.ts';

const KEYS = Array.from({ length: 10_000 }, (_, at) => `session-${at}`);
const FEWER_KEYS = KEYS.slice(0, 3_000);

const onAt = (percent: number, flag: FlagName = 'cache.read') =>
  flagsInForce({ version: 1, changedAt: 0, flags: { [flag]: { percent, cohort: 'on', rest: 'off' } } });
const inOf = (percent: number, flag: FlagName = 'cache.read'): Set<string> => {
  const flags = onAt(percent, flag);
  return new Set(KEYS.filter((key) => flags.cohortOf(flag, key) === 'on'));
};

test('a share that grows moves nobody out, and one that shrinks lets nobody in', () => {
  const share = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
  fc.assert(
    fc.property(share, share, fc.string({ minLength: 1, maxLength: 40 }), (one, other, key) => {
      const [small, large] = [Math.min(one, other), Math.max(one, other)];
      const isIn = (percent: number) => onAt(percent).cohortOf('cache.read', key) === 'on';
      return !isIn(small) || isIn(large);
    }),
    { numRuns: 1_000 },
  );
});

test.each([0, 1, 10, 50, 99, 100])('%i %% are about so many of the keys, and the ends are exact', (percent) => {
  const share = (inOf(percent).size / KEYS.length) * 100;
  if (percent === 0 || percent === 100) expect(share).toBe(percent);
  expect(Math.abs(share - percent)).toBeLessThan(1);
});

test('two flags at half deal their keys out without regard to each other: each of four groups has a quarter', () => {
  const pairs = flagNames.flatMap((one, at) => flagNames.slice(at + 1).map((other) => [one, other] as const));
  const rule = (flag: FlagName) => {
    const { cohorts } = specOf(flag);
    return { percent: 50, cohort: cohorts[0], rest: cohorts[1] };
  };
  const flags = flagsInForce({
    version: 1,
    changedAt: 0,
    flags: Object.fromEntries(flagNames.map((flag) => [flag, rule(flag)])),
  });
  for (const [one, other] of pairs) {
    const groups = new Map<string, number>();
    for (const key of FEWER_KEYS) {
      const group = `${flags.cohortOf(one, key)} ${flags.cohortOf(other, key)}`;
      groups.set(group, (groups.get(group) ?? 0) + 1 / FEWER_KEYS.length);
    }
    expect([one, other, [...groups.values()].filter((share) => Math.abs(share - 0.25) > 0.03)]).toEqual([
      one,
      other,
      [],
    ]);
    expect(groups.size).toBe(4);
  }
});

test('those who get one flag first are not those who get the other first', () => {
  const [reads, warmups] = [inOf(1), inOf(1, 'cache.warmup')];
  const both = [...reads].filter((key) => warmups.has(key)).length;
  expect(both).toBeLessThan(reads.size / 10); // a hundredth is expected; with one salt for both it would be all
});

describe('a flag without a rule', () => {
  test('has everybody as usual, is not split and not named in metrics', () => {
    for (const flag of flagNames) {
      expect([usualFlags.cohortOf(flag, 'a'), usualFlags.isSplit(flag), usualFlags.hasRule(flag)]).toEqual([
        specOf(flag).usual,
        false,
        false,
      ]);
    }
  });
});

test('a flag that one cohort has whole has a rule, and is not split', () => {
  for (const percent of [0, 100]) {
    const flags = onAt(percent);
    expect([flags.isSplit('cache.read'), flags.hasRule('cache.read')]).toEqual([false, true]);
    expect(flags.cohortOf('cache.read', '')).toBe(percent === 0 ? 'off' : 'on');
  }
  expect(onAt(0.01).isSplit('cache.read')).toBe(true);
});
