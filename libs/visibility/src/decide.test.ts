import { describe, expect, test } from '@jest/globals';
import type { Level, ListingStatus } from '@porchlight/contracts';
import fc from 'fast-check';
import { decide, levelOf, judgeLevel, ROLES, type Decision, type MlsRule, type Role } from './index.ts';

/** Written out by hand, not computed: the order that the whole product stands on. */
const STEPS = { unregistered: 1, registered: 2, verified: 3, agent: 4, nobody: 5 } as const;
type Known = keyof typeof STEPS;
const LEVEL_NAMES = Object.keys(STEPS) as Known[];
const ALL_LEVELS: Level[] = [...LEVEL_NAMES, 'unknown'];
const STATUSES: ListingStatus[] = ['active', 'off_market', 'unknown'];

type MlsCase = { mls: 'none' | 'missing' | Level };
const MLS_CASES: MlsCase[] = [{ mls: 'none' }, { mls: 'missing' }, ...ALL_LEVELS.map((mls) => ({ mls }))];

/** The level of the other status is always different, so that reading the wrong one shows. */
const otherThan = (level: Level): Level => (level === 'nobody' ? 'unregistered' : 'nobody');

const ruleFor = (status: ListingStatus, level: Level): MlsRule => ({
  mlsId: 'm1',
  ruleVersion: 1,
  activeLevel: status === 'active' ? level : otherThan(level),
  offMarketLevel: status === 'off_market' ? level : otherThan(level),
});

const expected = (role: Role, status: ListingStatus, mls: MlsCase['mls'], override: Level | null): Decision => {
  if (status === 'unknown') return { kind: 'withheld', doubt: 'unknown-status' };
  if (mls === 'missing') return { kind: 'withheld', doubt: 'unknown-mls' };
  const parts = [mls === 'none' ? 'unregistered' : mls, override ?? 'unregistered'];
  if (parts.includes('unknown')) return { kind: 'withheld', doubt: 'unknown-level' };
  const strictest = (parts as Known[]).reduce((a, b) => (STEPS[a] >= STEPS[b] ? a : b));
  if (strictest === 'nobody') return { kind: 'withheld', doubt: null };
  return STEPS[role] >= STEPS[strictest] ? { kind: 'allowed' } : { kind: 'restricted', requiredRole: strictest };
};

describe('every combination of role, listing status, MLS rule and seller override', () => {
  const cases = ROLES.flatMap((role) =>
    STATUSES.flatMap((status) =>
      MLS_CASES.flatMap(({ mls }) => [null, ...ALL_LEVELS].map((override) => ({ role, status, mls, override }))),
    ),
  );

  test('there are 4 x 3 x 8 x 7 of them', () => expect(cases).toHaveLength(672));

  test.each(cases)('$role looks at a home that is $status, MLS $mls, override $override', (one) => {
    const rules = new Map<string, MlsRule>();
    if (one.mls !== 'none' && one.mls !== 'missing') rules.set('m1', ruleFor(one.status, one.mls));
    const facts = { status: one.status, mlsId: one.mls === 'none' ? null : 'm1', overrideLevel: one.override };
    expect(decide(one.role, facts, rules)).toEqual(expected(one.role, one.status, one.mls, one.override));
  });
});

test('a rule of another MLS than the one in the facts counts as no rule', () => {
  const rule: MlsRule = { mlsId: 'm2', ruleVersion: 1, activeLevel: 'unregistered', offMarketLevel: 'unregistered' };
  expect(judgeLevel({ status: 'active', mlsId: 'm1', overrideLevel: null }, rule)).toEqual({
    level: 'nobody',
    doubt: 'unknown-mls',
  });
});

test('a home without an MLS is not touched by a rule that is handed in by mistake', () => {
  const rule: MlsRule = { mlsId: 'm1', ruleVersion: 1, activeLevel: 'agent', offMarketLevel: 'agent' };
  expect(levelOf({ status: 'active', mlsId: null, overrideLevel: null }, rule)).toBe('unregistered');
});

test('a symbol from a newer schema hides the home instead of showing it', () => {
  const facts = { status: 'active' as const, mlsId: null, overrideLevel: 'platinum' as Level };
  expect(decide('agent', facts, new Map())).toEqual({ kind: 'withheld', doubt: 'unknown-level' });
});

test('property: nobody is allowed below any of the levels that apply, and a higher role never sees less', () => {
  const level = fc.constantFrom(...ALL_LEVELS);
  const facts = fc.record({
    status: fc.constantFrom(...STATUSES),
    mlsId: fc.constantFrom(null, 'm1', 'm2', 'm3'),
    overrideLevel: fc.option(level, { nil: null }),
  });
  const rule = (mlsId: string) =>
    fc.record({ mlsId: fc.constant(mlsId), ruleVersion: fc.nat(), activeLevel: level, offMarketLevel: level });
  fc.assert(
    fc.property(facts, rule('m1'), rule('m2'), (home, first, second) => {
      const rules = new Map([first, second].map((each) => [each.mlsId, each]));
      const kinds = ROLES.map((role) => decide(role, home, rules).kind);
      const applying = home.mlsId === null ? undefined : rules.get(home.mlsId);
      const ruled = home.status === 'active' ? applying?.activeLevel : applying?.offMarketLevel;
      const needs = [home.overrideLevel ?? 'unregistered', home.mlsId === null ? 'unregistered' : ruled];
      for (const [at, kind] of kinds.entries()) {
        if (kind !== 'allowed') continue;
        expect(home.status).not.toBe('unknown');
        for (const need of needs) expect(STEPS[need as Known] ?? Infinity).toBeLessThanOrEqual(at + 1);
        expect(kinds.slice(at)).toEqual(kinds.slice(at).map(() => 'allowed'));
      }
    }),
  );
});
