import { expect, test } from '@jest/globals';
import type { SeenCall } from './seen-calls.ts';
import { splitBill } from './split-bill.ts';

const session = { atMs: 0, sessionId: 's', role: 'agent' } as const;
const ends = { latencyMs: 0, pending: 0, end: 'answered' } as const;
const opened = (propertyId: string, meantAt: number, endedAt: number): SeenCall => ({
  ...ends,
  kind: 'single',
  call: { ...session, kind: 'single', propertyId },
  meantAt,
  endedAt,
});
const asked = (askedAt: number, propertyIds: string[], lane: string | null = 'user') => ({
  askedAt,
  propertyIds,
  lane,
});

test('a call for a home that is being opened is the single get’s, every other one the map’s', () => {
  const seen = [opened('a', 10, 50)];
  expect(splitBill([asked(20, ['a']), asked(9, ['a']), asked(51, ['a']), asked(20, ['b'])], seen)).toEqual({
    single: { billedRequests: 1, billedItems: 1 },
    multi: { billedRequests: 3, billedItems: 3 },
  });
});

test('a call that both share is divided as its homes are, and nothing of it is lost', () => {
  const seen = [opened('a', 10, 50)];
  expect(splitBill([asked(20, ['a', 'b', 'c', 'd'])], seen)).toEqual({
    single: { billedRequests: 0.25, billedItems: 1 },
    multi: { billedRequests: 0.75, billedItems: 3 },
  });
});

test('a warm-up is the map’s, also while somebody opens the home', () => {
  expect(splitBill([asked(20, ['a', 'b'], 'background')], [opened('a', 10, 50)])).toEqual({
    single: { billedRequests: 0, billedItems: 0 },
    multi: { billedRequests: 1, billedItems: 2 },
  });
});

test('a home that was opened twice is looked for in both times', () => {
  const seen = [opened('a', 10, 20), opened('a', 70, 90)];
  expect(splitBill([asked(15, ['a']), asked(40, ['a']), asked(80, ['a'], null)], seen).single).toEqual({
    billedRequests: 2,
    billedItems: 2,
  });
});
