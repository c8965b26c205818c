import { describe, expect, test } from '@jest/globals';
import { isWithin, viewportProblem } from '@porchlight/geo';
import { planSessions } from './plan-sessions.ts';
import type { PlannedCall, PlannedView } from './planned-call.ts';
import { summarizePlan } from './plan-summary.ts';
import { scatteredCity, scatteredHomes } from './testing/grid-city.ts';
import { baseWorkload, type Workload } from './workload.ts';

const homes = scatteredCity(4_000);
const MINUTE_MS = 60_000;
const plan = (seed: number, change: Partial<Workload> = {}, minutes = 8): PlannedCall[] => [
  ...planSessions(seed, { ...baseWorkload, ...change }, homes, { durationMs: minutes * MINUTE_MS }),
];
const near = (actual: number, expected: number, tolerance: number): void =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance);

describe('a plan', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(plan(5, {}, 2)).toEqual(plan(5, {}, 2));
    expect(plan(5, {}, 2)).not.toEqual(plan(6, {}, 2));
  });

  test('is a beginning of every longer plan', () => {
    const short = plan(5, {}, 1);
    expect(plan(5, {}, 2).slice(0, short.length)).toEqual(short);
  });

  test('is in order of time, and asks only for views that may be asked for', () => {
    const calls = plan(1);
    const times = calls.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const views = calls.filter((call) => call.kind !== 'single');
    expect(views.filter(({ viewport }) => viewportProblem(viewport) !== null)).toEqual([]);
    expect(new Set(views.map(({ zoom }) => zoom))).toEqual(new Set([16, 17, 18]));
  });

  test('without a duration has no end, and is made as it is taken', () => {
    const endless = planSessions(1, { ...baseWorkload, sessionsPerMinute: 60 }, homes);
    const taken = Array.from({ length: 3_000 }, () => endless.next().value as PlannedCall);
    expect(taken.at(-1)?.atMs).toBeGreaterThan(MINUTE_MS);
  });

  test('opens only homes of the view that is on the screen', () => {
    const places = new Map(scatteredHomes(4_000).map((home) => [home.propertyId, home]));
    const onScreen = new Map<string, PlannedView>();
    const strays: string[] = [];
    let opened = 0;
    for (const call of plan(2)) {
      if (call.kind !== 'single') onScreen.set(call.sessionId, call);
      else {
        const home = places.get(call.propertyId);
        const view = onScreen.get(call.sessionId);
        if (home !== undefined && view !== undefined && isWithin(home, view.viewport)) opened += 1;
        else strays.push(call.propertyId);
      }
    }
    expect(strays).toEqual([]);
    expect(opened).toBeGreaterThan(500);
  });

  test('asks for density below the zoom at which homes are drawn', () => {
    const calls = plan(1, { zoomShares: { 13: 10.5, 14: 13.2, 15: 24.3, 16: 22.2 } });
    const kinds = new Set(calls.filter((call) => call.kind !== 'single').map(({ kind, zoom }) => `${kind} ${zoom}`));
    expect([...kinds].sort()).toEqual(['density 13', 'density 14', 'map 15', 'map 16']);
  });
});

describe('the marginal figures are those that were read off', () => {
  const busy = { sessionsPerMinute: 20, jumpShare: 0, returnShare: 0 };
  const figures = summarizePlan(
    planSessions(3, { ...baseWorkload, ...busy }, homes, { durationMs: 12 * MINUTE_MS }),
    homes,
  );

  test('moves: pan 55 %, and as many zooms in as out on a bounded map', () => {
    near(figures.moves.pan, 0.55, 0.03);
    near(figures.moves['zoom-in'], 0.225, 0.02);
    near(figures.moves['zoom-out'], 0.225, 0.02);
  });

  test('after a pan: pan 62 %, and up to 6 % more, since the ends of the map zoom less', () => {
    const last = new Map<string, PlannedView>();
    const after = { pan: 0, zoom: 0 };
    for (const call of planSessions(3, { ...baseWorkload, ...busy }, homes, { durationMs: 6 * MINUTE_MS })) {
      if (call.kind === 'single') continue;
      if (last.get(call.sessionId)?.act === 'pan') after[call.act === 'pan' ? 'pan' : 'zoom'] += 1;
      last.set(call.sessionId, call);
    }
    near(after.pan / (after.pan + after.zoom), 0.65, 0.03);
  });

  test('views by zoom', () => {
    near(figures.zooms['16'] ?? 0, 22.2 / 52.2, 0.05);
    near(figures.zooms['17'] ?? 0, 17.5 / 52.2, 0.05);
    near(figures.zooms['18'] ?? 0, 12.5 / 52.2, 0.05);
  });

  test('gaps between actions: p5 0.23 s, p50 1.02 s, p95 7.6 s, mean 2.26 s', () => {
    near(figures.gapMs.p5, 230, 15);
    near(figures.gapMs.p50, 1_020, 40);
    near(figures.gapMs.p95, 7_600, 400);
    near(figures.gapMs.mean, 2_260, 100);
  });

  test('roles, and a single get after a quarter of the views', () => {
    near(figures.roles.unregistered, 0.7, 0.01);
    near(figures.roles.registered, 0.2, 0.01);
    near(figures.roles.verified, 0.08, 0.01);
    near(figures.roles.agent, 0.02, 0.01);
    near(figures.singleAfterMapShare, 0.25, 0.01);
  });

  test('actions of a session: 36 to 194, p50 78', () => {
    const whole = new Map<string, number>();
    const durationMs = 6 * MINUTE_MS;
    const calls = planSessions(3, { ...baseWorkload, ...busy }, homes, { durationMs: 3 * durationMs });
    for (const call of calls) {
      const isEarly = whole.has(call.sessionId) || call.atMs < durationMs;
      if (call.kind !== 'single' && isEarly) whole.set(call.sessionId, (whole.get(call.sessionId) ?? 0) + 1);
    }
    const actions = [...whole.values()].sort((a, b) => a - b);
    near(actions[Math.floor(actions.length / 2)] ?? 0, 78, 6);
    expect(actions[0]).toBeGreaterThanOrEqual(36);
    expect(actions.at(-1)).toBeLessThanOrEqual(194);
  });
});

describe('repeated visits', () => {
  const startsOf = (repeatVisitShare: number): string[] =>
    plan(4, { sessionsPerMinute: 60, repeatVisitShare, popularityExponent: 0 }, 3)
      .filter((call) => call.kind !== 'single' && call.act === 'start')
      .map((call) => JSON.stringify((call as PlannedView).viewport));

  test('begin where an earlier session began, as often as asked', () => {
    const starts = startsOf(0.4);
    near(1 - new Set(starts).size / starts.length, 0.4, 0.04);
  });

  test('are chance at share 0: two viewers who begin at one home', () => {
    const starts = startsOf(0);
    expect(1 - new Set(starts).size / starts.length).toBeLessThan(0.04);
  });
});
