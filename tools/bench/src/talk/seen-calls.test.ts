import { expect, test } from '@jest/globals';
import type { ApiAnswer, PlannedCall } from '@porchlight/traffic';
import { createSeenCalls } from './seen-calls.ts';

const DEADLINE_MS = 5_000;
const session = { atMs: 7, sessionId: 's', role: 'agent' } as const;
const viewport = { west: 0, south: 0, east: 1, north: 1 };
const single: PlannedCall = { ...session, kind: 'single', propertyId: 'a' };
const map: PlannedCall = { ...session, kind: 'map', act: 'pan', viewport, zoom: 16, limit: 500 };
const answerOf = (httpStatus: number, statuses: Record<string, number>): ApiAnswer => ({
  httpStatus,
  problemCode: undefined,
  statuses,
  requiredRoles: {},
  isTruncated: false,
});

test('an answer that still has pending homes keeps its time, and says how many', () => {
  const { calls, observer } = createSeenCalls(DEADLINE_MS, () => 1_000);
  observer.answered(map, answerOf(200, { available: 3, pending: 2 }), 40);
  expect(calls).toEqual([
    { kind: 'multi', call: map, meantAt: 960, endedAt: 1_000, latencyMs: 40, pending: 2, end: 'answered' },
  ]);
});

test('a call that never had an answer took the whole deadline, one that took longer what it took', () => {
  const { calls, observer } = createSeenCalls(DEADLINE_MS, () => 9_000);
  observer.answered(single, answerOf(429, {}), 3);
  observer.failed(single, new Error('gone'), 6_000);
  observer.shed(map);
  expect(calls.map(({ kind, end, latencyMs }) => [kind, end, latencyMs])).toEqual([
    ['single', 'refused', DEADLINE_MS],
    ['single', 'failed', 6_000],
    ['multi', 'shed', DEADLINE_MS],
  ]);
});

test('a call for density is none of ours', () => {
  const { calls, observer } = createSeenCalls(DEADLINE_MS);
  observer.answered({ ...map, kind: 'density' }, answerOf(200, {}), 3);
  expect(calls).toEqual([]);
});
