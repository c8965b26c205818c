import { describe, expect, test } from '@jest/globals';
import type { Level, ListingStatus } from '@porchlight/contracts';
import fc from 'fast-check';
import { decide, judgeLevel, levelOf, ROLES, type Decision, type Doubt, type MlsRule, type Role } from './index.ts';

/** Written out by hand, not computed: the order that the whole product stands on. */
const STEPS = { unregistered: 1, registered: 2, verified: 3, agent: 4, nobody: 5 } as const;
type Known = keyof typeof STEPS;
const LEVEL_NAMES = Object.keys(STEPS) as Known[];
const ALL_LEVELS: Level[] = [...LEVEL_NAMES, 'unknown'];
const STATUSES: ListingStatus[] = ['active', 'off_market', 'unknown'];

/** The level of the other status is always different, so that reading the wrong one shows. */
const otherThan = (level: Level): Level => (level === 'nobody' ? 'unregistered' : 'nobody');

const ruleFor = (status: ListingStatus, level: Level): MlsRule => ({
  mlsId: 'm1',
  ruleVersion: 1,
  activeLevel: status === 'active' ? level : otherThan(level),
  offMarketLevel: status === 'off_market' ? level : otherThan(level),
});

/**
 * The lowest role that may see, by MLS rule (down) and seller override (across), written out by hand from design.md: the stricter
 * of the two, and nobody where something is not understood. U unregistered, R registered, V verified, A agent, N nobody (withheld by
 * the rules), and why nobody can say: m the MLS, l a level.
 */
// prettier-ignore
const LEVEL_TABLE = {
  //              none U    R    V    A    N    unknown
  none:         ['U', 'U', 'R', 'V', 'A', 'N', 'l'],
  missing:      ['m', 'm', 'm', 'm', 'm', 'm', 'm'],
  unregistered: ['U', 'U', 'R', 'V', 'A', 'N', 'l'],
  registered:   ['R', 'R', 'R', 'V', 'A', 'N', 'l'],
  verified:     ['V', 'V', 'V', 'V', 'A', 'N', 'l'],
  agent:        ['A', 'A', 'A', 'A', 'A', 'N', 'l'],
  nobody:       ['N', 'N', 'N', 'N', 'N', 'N', 'l'],
  unknown:      ['l', 'l', 'l', 'l', 'l', 'l', 'l'],
} as const;
const OVERRIDES = [null, 'unregistered', 'registered', 'verified', 'agent', 'nobody', 'unknown'] as const;

const needs = (requiredRole: Role): Decision => ({ kind: 'restricted', requiredRole });
const withheld = (doubt: Doubt | null): Decision => ({ kind: 'withheld', doubt });
const SHOWN: Decision = { kind: 'allowed' };

/** What each viewer is told, by letter of the table above; in order of roles, lowest first. */
const ANSWER_TABLE: Readonly<Record<string, readonly Decision[]>> = {
  U: [SHOWN, SHOWN, SHOWN, SHOWN],
  R: [needs('registered'), SHOWN, SHOWN, SHOWN],
  V: [needs('verified'), needs('verified'), SHOWN, SHOWN],
  A: [needs('agent'), needs('agent'), needs('agent'), SHOWN],
  N: [withheld(null), withheld(null), withheld(null), withheld(null)],
  m: [withheld('unknown-mls'), withheld('unknown-mls'), withheld('unknown-mls'), withheld('unknown-mls')],
  l: [withheld('unknown-level'), withheld('unknown-level'), withheld('unknown-level'), withheld('unknown-level')],
  s: [withheld('unknown-status'), withheld('unknown-status'), withheld('unknown-status'), withheld('unknown-status')],
};
const ROLES_IN_ORDER = ['unregistered', 'registered', 'verified', 'agent'] as const;

describe('every combination of role, listing status, MLS rule and seller override', () => {
  const cases = STATUSES.flatMap((status) =>
    (Object.keys(LEVEL_TABLE) as (keyof typeof LEVEL_TABLE)[]).flatMap((mls) =>
      OVERRIDES.flatMap((override, across) =>
        ROLES_IN_ORDER.map((role, at) => {
          const letter = status === 'unknown' ? 's' : LEVEL_TABLE[mls][across];
          return { role, status, mls, override, expected: ANSWER_TABLE[letter ?? '']?.[at] };
        }),
      ),
    ),
  );

  test('there are 4 x 3 x 8 x 7 of them, each with an answer in the table, and every answer is some case', () => {
    expect([
      cases.length,
      new Set(cases.map((each) => JSON.stringify([each.role, each.status, each.mls, each.override]))).size,
    ]).toEqual([672, 672]);
    expect(cases.filter(({ expected }) => expected === undefined)).toEqual([]);
    expect(new Set(cases.map(({ expected }) => JSON.stringify(expected))).size).toBe(8);
  });

  test.each(cases)('$role looks at a home that is $status, MLS $mls, override $override', (one) => {
    const rules = new Map<string, MlsRule>();
    if (one.mls !== 'none' && one.mls !== 'missing') rules.set('m1', ruleFor(one.status, one.mls));
    const facts = { status: one.status, mlsId: one.mls === 'none' ? null : 'm1', overrideLevel: one.override };
    expect(decide(one.role, facts, rules)).toEqual(one.expected);
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
