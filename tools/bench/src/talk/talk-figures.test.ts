import { expect, test } from '@jest/globals';
import type { ArmResult } from './run-arm.ts';
import type { SeenCall, TalkKind } from './seen-calls.ts';
import { talkFigures } from './talk-figures.ts';
import { goalLines, talkTable } from './talk-table.ts';

const viewport = { west: 0, south: 0, east: 1, north: 1 };
const session = { atMs: 0, sessionId: 's', role: 'agent' } as const;
const callOf = (kind: TalkKind): SeenCall['call'] =>
  kind === 'single'
    ? { ...session, kind: 'single', propertyId: 'a' }
    : { ...session, kind: 'map', act: 'pan', viewport, zoom: 16, limit: 500 };
const seen = (kind: TalkKind, latencyMs: number, rest: Partial<SeenCall> = {}): SeenCall => ({
  kind,
  call: callOf(kind),
  meantAt: 0,
  endedAt: latencyMs,
  latencyMs,
  pending: 0,
  end: 'answered',
  ...rest,
});

/** @param bill requests and items of single gets, then of maps */
function arm(counted: SeenCall[], bill: [number, number, number, number], hit: [number, number]): ArmResult {
  const [singleRequests, singleItems, multiRequests, multiItems] = bill;
  return {
    seen: counted,
    counted,
    hits: { single: { asked: 10, hit: hit[0], warm: 0 }, multi: { asked: 100, hit: hit[1], warm: 0 } },
    bill: { billedRequests: singleRequests + multiRequests, billedItems: singleItems + multiItems },
    billOf: {
      single: { billedRequests: singleRequests, billedItems: singleItems },
      multi: { billedRequests: multiRequests, billedItems: multiItems },
    },
    background: { billedRequests: multiRequests / 2, billedItems: multiItems / 2 },
    paidAgain: 0,
    mapAnswers: [],
    updatesApplied: 0,
  };
}

const before = arm([seen('single', 40), seen('multi', 200)], [10, 10, 20, 1_000], [0, 0]);
const after = arm([seen('single', 2), seen('multi', 2), seen('multi', 90, { pending: 3 })], [2.5, 3, 5, 500], [6, 85]);
const worse = arm(
  [seen('single', 80), seen('multi', 30), seen('multi', 5_000, { end: 'failed' })],
  [5, 5, 30, 1_500],
  [4, 45],
);
const figures = talkFigures({ before: [before, before], after: [after, after], afterEvents: [worse, worse] });

test('changes are against the arm without a cache of the same kind, over all rounds', () => {
  expect([figures.single.after.billedRequestsChange, figures.single.after.billedItemsChange]).toEqual([-0.75, -0.7]);
  expect([figures.multi.afterEvents.billedRequestsChange, figures.multi.afterEvents.billedItemsChange]).toEqual([
    0.5, 0.5,
  ]);
  // half of a map's bill is background's here, and none of a single get's
  expect([figures.multi.after, figures.single.after].map((each) => each.waitedRequestsChange)).toEqual([-0.875, -0.75]);
  expect(figures.multi.before).toMatchObject({ billedRequestsChange: 0, billedItemsChange: 0, billedRequests: 40 });
});

test('calls of several rounds are put together; what was not complete is counted and stays in the quantiles', () => {
  expect(figures.multi.after).toMatchObject({ calls: 4, incomplete: 2, unanswered: 0, hitRate: 0.85 });
  expect(figures.multi.after.p90Ms).toBeCloseTo(90, 0);
  expect(figures.multi.afterEvents).toMatchObject({ calls: 4, incomplete: 0, unanswered: 2 });
  expect(figures.multi.afterEvents.p90Ms).toBeGreaterThanOrEqual(5_000);
});

test('a goal that is not reached is called missed, one that is just reached is not', () => {
  expect(goalLines(figures, 'after').map((line) => line.split(/ +/).slice(0, 3).join(' '))).toEqual([
    'reached single p50',
    'reached single p90',
    'reached single billed',
    'reached multi p50',
    'MISSED multi p90',
    'reached multi hits',
    'reached multi billed',
  ]);
  expect(goalLines(figures, 'afterEvents').every((line) => line.startsWith('MISSED'))).toBe(true);
});

test('the table has the talk’s figures below ours', () => {
  const table = talkTable(figures);
  expect(table.map((line) => line.split(/ {2,}/)[0] || line.trim().split(/ {2,}/)[0])).toEqual([
    'p50 ms',
    'single before',
    'single after',
    'single afterEvents',
    'the talk, before',
    'the talk, after',
    'multi before',
    'multi after',
    'multi afterEvents',
    'the talk, before',
    'the talk, after',
  ]);
  expect(table.at(-1)).toMatch(/the talk, after +3 +29 +80\.0 % +-40\.0 %/);
  expect(table[2]).toMatch(/single after +2(\.\d+)? +2(\.\d+)? +60\.0 % +-75\.0 % +-75\.0 % +-70\.0 %/);
});
