import type { History, SeenAnswer } from '../history.ts';

/** An answer that began and ended at this instant. */
export const answered = (at: number, factsVersion: number | null, changes: Partial<SeenAnswer> = {}): SeenAnswer => ({
  propertyId: 'p1',
  beganAt: at,
  endedAt: at,
  factsVersion,
  estimateVersion: 1,
  source: factsVersion === null ? 'pending' : 'hit',
  member: 'r0',
  ...changes,
});

/** One home, changed once at 100, the change acknowledged at 110, and right before and after. */
export const tidyHistory = (changes: Partial<History> = {}): History => ({
  committed: [
    { propertyId: 'p1', version: 1, at: 0 },
    { propertyId: 'p1', version: 2, at: 100 },
  ],
  acknowledged: [{ propertyId: 'p1', version: 2, at: 110 }],
  answers: [answered(50, 1), answered(105, 1), answered(111, 2)],
  billed: new Map([['p1', 2]]),
  errors: new Map(),
  final: [{ propertyId: 'p1', factsVersion: 2, estimateVersion: 1, trueFactsVersion: 2, trueEstimateVersion: 1 }],
  ...changes,
});
