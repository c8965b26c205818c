import { describe, expect, test } from '@jest/globals';
import type { Facts } from '@porchlight/contracts';
import { createMlsRules, ROLES, type Doubt, type MlsRule, type Role } from '@porchlight/visibility';
import fc from 'fast-check';
import { resultJson } from '../http/result-json.ts';
import { everyCase, rulesFor, type VisibilityCase } from '../testing/visibility-table.ts';
import type { Outcome } from './outcome.ts';
import { createResultOf, resultOf, type RulesInUse } from './result-of.ts';

const CHECKED_AT = 1_000;
const JSON_BYTES = '{"valueUsd":731845920617,"lowUsd":1,"highUsd":2,"computedAt":3}';

const factsOf = ({ facts }: VisibilityCase): Facts => ({ ...facts, visibilityVersion: 7, checkedAt: CHECKED_AT });

/** What was found out about a home, with its facts. */
const outcomes = {
  estimate: (facts: Facts): Outcome => ({
    kind: 'value',
    facts,
    estimateJson: Buffer.from(JSON_BYTES),
    source: 'hit',
  }),
  none: (facts: Facts): Outcome => ({ kind: 'value', facts, estimateJson: null, source: 'warm_hit' }),
  facts: (facts: Facts): Outcome => ({ kind: 'facts', facts }),
  unknown: (): Outcome => ({ kind: 'unknown' }),
  pending: (): Outcome => ({ kind: 'pending' }),
  unavailable: (): Outcome => ({ kind: 'unavailable' }),
} as const;
type Found = keyof typeof outcomes;

/** design.md section 4, by hand: what is answered by what was found (down) and who looks (across); the last: the rules may not decide. */
// prettier-ignore
const ANSWERS: Readonly<Record<Found, readonly [shown: string, needs: string, withheld: string, undecided: string]>> = {
  estimate:    ['available',   'restricted',  'withheld',    'unavailable'],
  none:        ['none',        'restricted',  'withheld',    'unavailable'],
  facts:       ['pending',     'restricted',  'withheld',    'unavailable'],
  unknown:     ['unknown',     'unknown',     'unknown',     'unknown'],
  pending:     ['pending',     'pending',     'pending',     'pending'],
  unavailable: ['unavailable', 'unavailable', 'unavailable', 'unavailable'],
};

/** The bytes of the answer, by hand. */
function printed(found: Found, { verdict }: VisibilityCase, isDecided: boolean): string {
  const column = !isDecided ? 3 : verdict === 'shown' ? 0 : verdict === 'withheld' ? 2 : 1;
  const status = ANSWERS[found][column];
  const head = `{"propertyId":"p1","status":"${status}"`;
  if (status === 'restricted') return `${head},"requiredRole":"${verdict}"}`;
  return status === 'available' ? `${head},"estimate":${JSON_BYTES}}` : `${head}}`;
}

const bookOf = (rules: readonly MlsRule[], more: Partial<RulesInUse> = {}): RulesInUse => {
  const book = new Map(rules.map((rule) => [rule.mlsId, rule]));
  return { get: (mlsId) => book.get(mlsId), isUsable: () => true, followedSinceAt: () => -Infinity, ...more };
};

/** Whether the copy of the rules may decide, and why not. */
const copies: readonly [name: string, isDecided: boolean, more: Partial<RulesInUse>][] = [
  ['rules that are followed', true, {}],
  ['rules that are too old', false, { isUsable: () => false }],
  ['rules that are followed since just after', false, { followedSinceAt: () => CHECKED_AT + 1 }],
  ['rules that are followed since just then', true, { followedSinceAt: () => CHECKED_AT }],
];

describe('every combination of listing status, MLS rule, override and role', () => {
  test('there are 3 x 8 x 7 x 4 of them', () => {
    expect(new Set(everyCase.map(({ name }) => name)).size).toBe(672);
  });

  describe.each(copies)('with %s', (_name, isDecided, more) => {
    test.each(Object.keys(outcomes) as Found[])('where %s was found, the answer is that of the table', (found) => {
      const told = everyCase.map((one) => {
        const facts = factsOf(one);
        const result = resultOf('p1', outcomes[found](facts), one.role, bookOf(rulesFor(facts.status), more));
        return `${one.name} -> ${resultJson(result)}`;
      });
      expect(told).toEqual(everyCase.map((one) => `${one.name} -> ${printed(found, one, isDecided)}`));
    });
  });

  test('what is not shown is not carried along either: a result has no bytes of an estimate unless it is available', () => {
    for (const one of everyCase) {
      const facts = factsOf(one);
      const result = resultOf('p1', outcomes.estimate(facts), one.role, bookOf(rulesFor(facts.status)));
      expect([one.name, result.estimateJson !== null]).toEqual([one.name, one.verdict === 'shown']);
    }
  });

  test('each home that is hidden because something is not understood is counted once, and no other', () => {
    const doubts: Record<string, number> = {};
    const count = (doubt: Doubt): number => (doubts[doubt] = (doubts[doubt] ?? 0) + 1);
    for (const one of everyCase) {
      const facts = factsOf(one);
      resultOf('p1', outcomes.estimate(facts), one.role, bookOf(rulesFor(facts.status)), count);
    }
    // By hand: 8 x 7 x 4 of a strange status; of the two others 7 x 4 of an MLS without a rule; and 7 x 4 under a strange rule and 6 x 4 with a strange override (of the 6 MLS cases that are left).
    expect(doubts).toEqual({ 'unknown-status': 224, 'unknown-mls': 2 * 28, 'unknown-level': 2 * (28 + 24) });
  });
});

test('the rules are asked as of when the facts are known to hold, and that is later than their check only if the outcome says so', () => {
  const asked: (number | undefined)[] = [];
  const facts: Facts = {
    status: 'active',
    mlsId: 'm1',
    overrideLevel: null,
    visibilityVersion: 1,
    checkedAt: CHECKED_AT,
  };
  const book = bookOf([], {
    get(_mlsId, asOfAt) {
      asked.push(asOfAt);
      return undefined;
    },
  });
  resultOf('p1', { kind: 'value', facts, estimateJson: null, source: 'hit', asOfAt: 5_000 }, 'agent', book);
  resultOf('p1', { kind: 'value', facts, estimateJson: null, source: 'hit' }, 'agent', book);
  resultOf('p1', { kind: 'facts', facts }, 'agent', book);
  expect(asked).toEqual([5_000, CHECKED_AT, CHECKED_AT]);
});

test('before the rules were read once nothing is decided, whatever the home', () => {
  const rules = createMlsRules({
    catalog: { mlsRules: () => Promise.resolve({ rules: [], seenAt: 0 }) },
    pollMs: 500,
    clock: { after: () => ({ cancel: () => undefined }) },
    onError: () => undefined,
  });
  const statuses = everyCase.map((one) => resultOf('p1', outcomes.estimate(factsOf(one)), one.role, rules).status);
  expect(new Set(statuses)).toEqual(new Set(['unavailable']));
});

describe('the homes of one answer, decided in one go', () => {
  const book = bookOf(
    [
      { mlsId: 'm1', ruleVersion: 1, activeLevel: 'unregistered', offMarketLevel: 'agent' },
      { mlsId: 'm2', ruleVersion: 1, activeLevel: 'verified', offMarketLevel: 'nobody' },
    ],
    { isUsable: (asOfAt = 0) => asOfAt < 3, followedSinceAt: (mlsId) => (mlsId === 'm2' ? 1 : 0) },
  );
  const estimateJson = Buffer.from(JSON_BYTES);
  type Cached = Extract<Outcome, { kind: 'value' }>;
  const cached = (facts: Partial<Facts> = {}, more: Partial<Cached> = {}): Cached => ({
    kind: 'value',
    facts: { visibilityVersion: 1, status: 'active', mlsId: 'm1', overrideLevel: null, checkedAt: 1, ...facts },
    estimateJson,
    source: 'hit',
    asOfAt: 2,
    ...more,
  });
  const both = (asked: readonly Outcome[], role: Role) => {
    const [together, apart]: [Doubt[], Doubt[]] = [[], []];
    const decide = createResultOf(role, book, (doubt) => void together.push(doubt));
    const results = asked.map((each) => decide('p1', each));
    const each = asked.map((one) => resultOf('p1', one, role, book, (doubt) => void apart.push(doubt)));
    return [
      { results, doubts: together },
      { results: each, doubts: apart },
    ] as const;
  };

  test.each<[string, Outcome]>([
    ['status', cached({ status: 'off_market' })],
    ['MLS', cached({ mlsId: 'm2' })],
    ['override', cached({ overrideLevel: 'registered' })],
    ['last instant at which it is known to hold', cached({}, { asOfAt: 3 })],
    ['estimate, which is none', cached({}, { estimateJson: null })],
    ['source, and is known by its facts alone', { kind: 'facts', facts: cached().facts }],
  ])('are told apart where they differ in nothing but %s', (_what, other) => {
    const [together, apart] = both([cached(), other, cached(), other, other], 'unregistered');
    expect(together).toEqual(apart);
    expect(together.results[1]?.status).not.toBe(together.results[0]?.status);
  });

  test('each is told as by itself, and each doubt, whatever they are and in whatever order they come', () => {
    const facts = fc.record({
      status: fc.constantFrom('active', 'off_market', 'unknown'),
      mlsId: fc.constantFrom(null, 'm1', 'm2', 'm3'),
      overrideLevel: fc.constantFrom(null, 'registered', 'nobody', 'unknown'),
    }) as fc.Arbitrary<Partial<Facts>>;
    const more = fc.record({ estimateJson: fc.constantFrom(null, estimateJson), asOfAt: fc.nat(3) });
    const outcome = fc.oneof(
      fc.tuple(facts, more).map(([each, rest]): Outcome => cached(each, rest)),
      facts.map((each): Outcome => ({ kind: 'facts', facts: cached(each).facts })),
      fc.constant(outcomes.pending()),
    );
    const homes = fc
      .array(outcome, { minLength: 1, maxLength: 4 })
      .chain((few) => fc.array(fc.constantFrom(...few), { maxLength: 12 }));
    fc.assert(
      fc.property(homes, fc.constantFrom(...ROLES), (asked, role) => {
        const [together, apart] = both(asked, role);
        expect(together).toEqual(apart);
      }),
    );
  });
});
