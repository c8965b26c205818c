import { describe, expect, test } from '@jest/globals';
import { judgeHistory } from './judge-history.ts';
import { answered, tidyHistory } from './testing/tidy-history.ts';

const bounds = { billedPerHomeMax: 2, errorCodes: ['CACHE_UNAVAILABLE'] };
const violationsOf = (...args: Parameters<typeof tidyHistory>) => judgeHistory(tidyHistory(...args), bounds).violations;

test('a history in which every answer was right has nothing against it', () => {
  expect(judgeHistory(tidyHistory(), bounds)).toEqual({
    ...{ answers: 3, hits: 3, changes: 1, staleAfterAcknowledgement: 0, overdue: 0, stalenessMaxMs: 0, lastStaleAt: 0 },
    ...{ billed: 2, billedPerHomeMax: 2, pending: 0, unavailable: 0, errors: {}, violations: [] },
  });
});

describe('older than an acknowledged change', () => {
  const stale = answered(150, 1);

  test('a request that began after the acknowledgement and saw what was before it is refused', () => {
    const verdict = judgeHistory(tidyHistory({ answers: [stale, answered(180, 2)] }), bounds);
    expect(verdict.violations).toEqual(['older than an acknowledged change: p1 at version 1 (hit, r0)']);
    expect([verdict.staleAfterAcknowledgement, verdict.stalenessMaxMs, verdict.lastStaleAt]).toEqual([1, 40, 150]);
  });

  test('one that overlaps it may see either', () => {
    expect(violationsOf({ answers: [answered(109, 1, { endedAt: 500 })] })).toEqual([]);
  });

  test('a later acknowledgement of an older change excuses nothing', () => {
    const acknowledged = [
      { propertyId: 'p1', version: 2, at: 110 },
      { propertyId: 'p1', version: 1, at: 140 },
    ];
    expect(violationsOf({ acknowledged, answers: [stale] })).toHaveLength(1);
  });

  test('another home’s change contradicts nothing', () => {
    const acknowledged = [{ propertyId: 'p2', version: 2, at: 110 }];
    expect(violationsOf({ acknowledged, answers: [stale] })).toEqual([]);
  });

  test('while a lost memory is not noticed it is counted and excused, before and after it is not', () => {
    const forgot = { at: 149, noticedWithinMs: 10 };
    const at = (instant: number) =>
      judgeHistory(tidyHistory({ answers: [answered(instant, 1)] }), { ...bounds, forgot });
    expect([150, 159, 160, 148].map((instant) => at(instant).violations.length)).toEqual([0, 0, 1, 1]);
    expect(at(150).staleAfterAcknowledgement).toBe(1);
  });
});

test('an answer that contradicts a change which is due is refused, also where a lost memory excuses it', () => {
  const due = [{ propertyId: 'p1', version: 2, at: 150 }];
  const forgot = { at: 0, noticedWithinMs: 1_000 };
  const verdictAt = (at: number) =>
    judgeHistory(tidyHistory({ due, answers: [answered(at, 1)] }), { ...bounds, forgot });
  expect(verdictAt(149).violations).toEqual([]);
  expect(verdictAt(151).violations).toEqual(['not obeyed in time, whatever had failed: p1 at version 1 (hit, r0)']);
  expect(verdictAt(151).overdue).toBe(1);
});

test('a version that the source did not have yet is refused', () => {
  expect(violationsOf({ answers: [answered(90, 2)] })).toEqual(['shown, and never true: p1 at version 2 (hit, r0)']);
});

test('a home that nobody was ever shown is refused, and so is one that was only ever pending', () => {
  expect(violationsOf({ answers: [] })).toEqual(['never shown: p1']);
  expect(violationsOf({ answers: [answered(50, null)] })).toEqual(['never shown: p1']);
});

test('a call too many is refused', () => {
  expect(violationsOf({ billed: new Map([['p1', 3]]) })).toEqual(['paid for more than 2 times: p1, 3 times']);
});

test('an error that nobody was promised is refused', () => {
  const errors = new Map([
    ['CACHE_FAULT', 1],
    ['CACHE_UNAVAILABLE', 5],
  ]);
  expect(violationsOf({ errors })).toEqual(['an error that nobody was promised: CACHE_FAULT, 1 times']);
});

test.each([
  ['facts', { factsVersion: 1, estimateVersion: 1 }, '1/1'],
  ['an estimate', { factsVersion: 2, estimateVersion: null }, '2/null'],
])('%s that disagree with the source when all is quiet are refused', (_what, stored, told) => {
  const final = [{ propertyId: 'p1', ...stored, trueFactsVersion: 2, trueEstimateVersion: 1 }];
  expect(violationsOf({ final })).toEqual([
    `not what the source says, when all was quiet: p1 holds ${told}, and the source 2/1`,
  ]);
});
