import { expect, test } from '@jest/globals';
import type { ViewportViewed } from '@porchlight/contracts';
import { mapAnswersOf } from './map-answers.ts';
import { mapMisses } from './map-misses.ts';
import type { SeenCall } from './seen-calls.ts';

const viewport = { west: -122.3, south: 47.6, east: -122.2, north: 47.7 };
const elsewhere = { west: -122.4, south: 47.6, east: -122.3, north: 47.7 };
const seenAt = (meantAt: number, latencyMs: number, { at = viewport, act = 'pan' as const } = {}): SeenCall => ({
  kind: 'multi',
  call: { atMs: meantAt, sessionId: 's', role: 'agent', kind: 'map', act, viewport: at, zoom: 16, limit: 500 },
  meantAt,
  endedAt: meantAt + latencyMs,
  latencyMs,
  pending: 0,
  end: 'answered',
});
const eventAt = (viewedAt: number, propertyIds: string[], missedCount: number, at = viewport): ViewportViewed => ({
  eventId: String(viewedAt),
  sessionKey: 'k',
  viewport: at,
  zoom: 16,
  propertyIds,
  hitCount: propertyIds.length - missedCount,
  warmedHitCount: 0,
  missedCount,
  pendingCount: 0,
  viewedAt,
});
const paidAt = (askedAt: number, propertyIds: string[], lane: string | null = 'user') => ({
  askedAt,
  propertyIds,
  lane,
});

test('each answer finds its own event, also where one view was looked at twice', () => {
  const seen = [seenAt(100, 10), seenAt(0, 50), seenAt(200, 10, { at: elsewhere })];
  const events = [eventAt(110, ['a', 'b'], 0), eventAt(50, ['a', 'b'], 2), eventAt(210, ['c'], 1, elsewhere)];
  expect(mapAnswersOf(seen, events, []).map(({ latencyMs, homes, missed }) => [latencyMs, homes, missed])).toEqual([
    [50, 2, 2],
    [10, 2, 0],
    [10, 1, 1],
  ]);
});

test('a view is known again by the digits that were sent', () => {
  const exact = { west: -122.30000004, south: 47.60000006, east: -122.2, north: 47.7 };
  const sent = { west: -122.3, south: 47.6000001, east: -122.2, north: 47.7 };
  expect(mapAnswersOf([seenAt(0, 50, { at: exact })], [eventAt(50, ['a'], 1, sent)], [])).toHaveLength(1);
});

test('paid is what users’ calls asked for of its homes while it waited', () => {
  const paid = [paidAt(10, ['a', 'x']), paidAt(20, ['a', 'b']), paidAt(20, ['c'], 'background'), paidAt(51, ['c'])];
  const [answer] = mapAnswersOf([seenAt(0, 50)], [eventAt(50, ['a', 'b', 'c'], 3)], paid);
  expect(answer).toEqual({ act: 'pan', latencyMs: 50, homes: 3, missed: 3, paid: 2 });
});

test('an answer whose event was dropped is left out', () => {
  expect(mapAnswersOf([seenAt(0, 50)], [eventAt(50, ['a'], 1, elsewhere)], [])).toEqual([]);
});

test('answers are told apart by what they waited for', () => {
  const answers = [
    { act: 'pan', latencyMs: 2, homes: 10, missed: 0, paid: 0 },
    { act: 'pan', latencyMs: 9, homes: 10, missed: 3, paid: 0 },
    { act: 'jump', latencyMs: 300, homes: 10, missed: 8, paid: 5 },
    { act: 'jump', latencyMs: 80, homes: 10, missed: 1, paid: 1 },
  ];
  expect(mapMisses(answers)).toEqual({
    answers: 4,
    completeShare: 0.25,
    unpaidShare: 0.5,
    missedP50: 1,
    missedP90: 8,
    completeP50Ms: 2,
    factsP50Ms: 9,
    paidP50Ms: 80,
    byAct: {
      jump: { answers: 2, complete: 0, missed: 0.45 },
      pan: { answers: 2, complete: 0.5, missed: 0.15 },
    },
  });
});
