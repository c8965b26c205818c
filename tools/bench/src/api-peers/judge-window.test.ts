import { expect, test } from '@jest/globals';
import type { ChangeRecord } from '@porchlight/peer-caches';
import { judgeWindow } from './judge-window.ts';
import { factsShown, type HomeHistory, type SeenAnswer } from './seen-home.ts';

const change = (kind: ChangeRecord['kind'], began: number, version: number): ChangeRecord => ({
  kind,
  home: 7,
  began,
  ended: began + 2,
  version,
  removed: false,
});

/** Hidden at 100 and shown again at 300, each acknowledged 20 ms later; revalued at 500, acknowledged at 522. */
const history: HomeHistory = {
  home: 7,
  firstFacts: 4,
  commits: [change('C', 100, 5), change('C', 300, 6)],
  acknowledged: [change('I', 120, 5), change('I', 320, 6), change('U', 520, 2)],
  versions: new Map([[9_000, 2]]),
};
const seen = (began: number, status: string, computedAt: number | null = status === 'available' ? 1_000 : null) =>
  ({ home: 7, began, ended: began + 1, status, computedAt }) satisfies SeenAnswer;
const stale = (...answers: SeenAnswer[]) => {
  const { staleReads, hiddenShown, staleEstimates } = judgeWindow([history], answers);
  return { staleReads, hiddenShown, staleEstimates };
};
const none = { staleReads: 0, hiddenShown: 0, staleEstimates: 0 };

test('answers that follow every acknowledgement are right', () => {
  const answers = [seen(50, 'available'), seen(130, 'withheld'), seen(330, 'available'), seen(530, 'available', 9_000)];
  expect(judgeWindow([history], answers)).toEqual({ ...none, reads: 4, staleMsMax: 0, changes: 3 });
});

test('a value that is shown after its hiding was acknowledged is stale, and shown though hidden', () => {
  expect(stale(seen(123, 'available'))).toEqual({ ...none, staleReads: 1, hiddenShown: 1 });
});

test('a home that is still hidden after it was shown again is stale, and shows nothing', () => {
  expect(stale(seen(323, 'withheld'))).toEqual({ ...none, staleReads: 1 });
});

test('an answer that began before the acknowledgement may show either', () => {
  expect(stale(seen(121, 'available'), seen(121, 'withheld'), seen(521, 'available'))).toEqual(none);
});

test('an older estimate after the newer one was acknowledged is stale', () => {
  expect(stale(seen(600, 'available'))).toEqual({ ...none, staleReads: 1, staleEstimates: 1 });
  expect(judgeWindow([history], [seen(600, 'available')]).staleMsMax).toBe(78);
});

test('an answer that says nothing is neither right nor wrong', () => {
  expect(judgeWindow([history], [seen(330, 'pending'), seen(330, 'unavailable')])).toMatchObject({ ...none, reads: 0 });
});

test('an answer is taken for the newest version that it may be', () => {
  expect(factsShown(history, false, 99)).toBe(4);
  expect(factsShown(history, false, 299)).toBe(4);
  expect(factsShown(history, true, 299)).toBe(5);
  expect(factsShown(history, false, 301)).toBe(6);
  expect(factsShown(history, true, 301)).toBe(5);
});

test('whoever hides a home that was never hidden has shown what was first', () => {
  expect(factsShown({ ...history, commits: [] }, true, 10)).toBe(4);
});
