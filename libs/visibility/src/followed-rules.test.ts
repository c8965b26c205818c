import { describe, expect, test } from '@jest/globals';
import type { Level } from '@porchlight/contracts';
import fc from 'fast-check';
import { NO_RULES, ruleAsOf, takeReading, type FollowedRules } from './followed-rules.ts';
import type { MlsRule } from './level-of.ts';
import { LEVELS, rankOf } from './role.ts';

const KEEP_MS = 240_000;

const rule = (ruleVersion: number, activeLevel: Level, offMarketLevel: Level = activeLevel): MlsRule => ({
  mlsId: 'm1',
  ruleVersion,
  activeLevel,
  offMarketLevel,
});

/** Takes readings in, each a second after the one before, over a wire that takes no time. */
function follow(...readings: readonly (readonly MlsRule[])[]): FollowedRules {
  return readings.reduce(
    (followed, rules, at) =>
      takeReading(followed, { rules, seenAt: at * 1_000, sentMs: at * 1_000, receivedMs: at * 1_000 }, KEEP_MS),
    NO_RULES,
  );
}

const levelsAsOf = (followed: FollowedRules, asOfAt: number) => {
  const held = followed.byMls.get('m1');
  if (held === undefined) return null;
  const { activeLevel, offMarketLevel } = ruleAsOf(held, asOfAt);
  return `${activeLevel} ${offMarketLevel}`;
};

describe('the levels in force after one reading a second, for facts known to hold until then', () => {
  test.each([
    ['before the first reading', [], 5_000, null],
    ['one reading', [rule(1, 'agent')], -1, 'agent agent'],
    ['tightened', [rule(1, 'agent'), rule(2, 'nobody')], 0, 'nobody nobody'],
    ['loosened, facts from before', [rule(1, 'agent'), rule(2, 'registered')], 1_000, 'agent agent'],
    ['loosened, facts from after', [rule(1, 'agent'), rule(2, 'registered')], 1_010, 'registered registered'],
    [
      'loosened twice, facts from before',
      [rule(1, 'nobody'), rule(2, 'agent'), rule(3, 'registered')],
      0,
      'nobody nobody',
    ],
    [
      'loosened twice, facts from between',
      [rule(1, 'nobody'), rule(2, 'agent'), rule(3, 'registered')],
      1_500,
      'agent agent',
    ],
    ['tightened, then loosened', [rule(1, 'registered'), rule(2, 'nobody'), rule(3, 'verified')], 500, 'nobody nobody'],
    [
      'tightened, then loosened, facts from after',
      [rule(1, 'registered'), rule(2, 'nobody'), rule(3, 'verified')],
      2_010,
      'verified verified',
    ],
    ['loosened, then tightened', [rule(1, 'nobody'), rule(2, 'registered'), rule(3, 'agent')], 1_500, 'agent agent'],
    [
      'one status tightened, the other loosened',
      [rule(1, 'agent', 'registered'), rule(2, 'registered', 'nobody')],
      0,
      'agent nobody',
    ],
    [
      'a level that is not understood counts as the strictest',
      [rule(1, 'unknown'), rule(2, 'registered')],
      0,
      'unknown unknown',
    ],
    ['an older version comes late', [rule(2, 'nobody'), rule(1, 'registered')], 9_000, 'nobody nobody'],
  ] as const)('%s', (_, rules, asOfAt, levels) => {
    expect(levelsAsOf(follow(...rules.map((each) => [each])), asOfAt)).toBe(levels);
  });
});

test('what was in force before is forgotten after keepMs, and so is since when the rule is followed', () => {
  const changed = follow([rule(1, 'nobody')], [rule(2, 'registered')]);
  const at = (ms: number) =>
    takeReading(changed, { rules: [], seenAt: ms, sentMs: ms, receivedMs: ms }, KEEP_MS).byMls.get('m1');
  expect([at(KEEP_MS)?.followedSinceAt, at(KEEP_MS + 999)?.replaced.length]).toEqual([-Infinity, 1]);
  expect([at(KEEP_MS - 1)?.followedSinceAt, at(KEEP_MS + 1_000)?.replaced.length]).toEqual([0, 0]);
});

test('a clock that was set back does not make a looser rule count for what was dated before', () => {
  const loaded = takeReading(
    NO_RULES,
    { rules: [rule(1, 'nobody')], seenAt: 900_000, sentMs: 10, receivedMs: 30 },
    KEEP_MS,
  );
  const later = { rules: [rule(2, 'registered')], seenAt: 600_500, sentMs: 510, receivedMs: 540 };
  const set = takeReading(loaded, later, KEEP_MS);
  expect(levelsAsOf(set, 600_501)).toBe('nobody nobody');
  expect(levelsAsOf(set, 900_500)).toBe('nobody nobody'); // dated by the clock before it was set
  expect(levelsAsOf(set, 900_540)).toBe('registered registered');
});

test('how far a clock had come before it was set back is remembered until it is there again', () => {
  const readings = [
    { rules: [rule(1, 'nobody')], seenAt: 900_000, sentMs: 0, receivedMs: 0 },
    { rules: [], seenAt: 600_500, sentMs: 500, receivedMs: 500 },
    { rules: [rule(2, 'registered')], seenAt: 601_000, sentMs: 1_000, receivedMs: 1_000 },
  ];
  const set = readings.reduce((followed, reading) => takeReading(followed, reading, KEEP_MS), NO_RULES);
  expect(levelsAsOf(set, 900_400)).toBe('nobody nobody');
  expect(levelsAsOf(set, 900_510)).toBe('registered registered');
});

test('whatever is read in whatever order: never looser than the newest version, nor than one seen replaced after the facts', () => {
  const level = fc.constantFrom(...LEVELS);
  const poll = fc.record({ place: fc.nat(9), passMs: fc.integer({ min: 1, max: 5_000 }) });
  fc.assert(
    fc.property(
      fc.array(level, { minLength: 10, maxLength: 10 }),
      fc.array(poll, { maxLength: 12 }),
      fc.nat(60_000),
      (levels, polls, asOfAt) => {
        let followed = NO_RULES;
        let now = 0;
        let newest = -1;
        const needed: Level[] = [];
        for (const { place, passMs } of polls) {
          now += passMs;
          const reading = {
            rules: [rule(place + 1, levels[place] ?? 'nobody')],
            seenAt: now,
            sentMs: now,
            receivedMs: now,
          };
          followed = takeReading(followed, reading, Infinity);
          if (place > newest && newest >= 0 && asOfAt < now) needed.push(levels[newest] ?? 'nobody');
          newest = Math.max(newest, place);
        }
        if (newest >= 0) needed.push(levels[newest] ?? 'nobody');
        const held = followed.byMls.get('m1');
        const got = held && rankOf(ruleAsOf(held, asOfAt).activeLevel);
        for (const need of needed) expect(got).toBeGreaterThanOrEqual(rankOf(need) ?? 9);
        expect(held?.rule.ruleVersion).toBe(newest < 0 ? undefined : newest + 1);
      },
    ),
  );
});
