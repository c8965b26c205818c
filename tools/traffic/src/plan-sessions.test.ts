import { describe, expect, test } from '@jest/globals';
import { isWithin, viewportProblem, type Point } from '@porchlight/geo';
import type { Draws } from './draws.ts';
import { arrivals, planSessions } from './plan-sessions.ts';
import type { PlannedCall, PlannedView } from './planned-call.ts';
import { summarizePlan } from './plan-summary.ts';
import type { SessionStart } from './session-walk.ts';
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
    const once = JSON.stringify(plan(5, {}, 1));
    expect(once.length).toBeGreaterThan(10_000);
    expect(JSON.stringify(plan(5, {}, 1))).toBe(once);
    expect(JSON.stringify(plan(6, {}, 1))).not.toBe(once);
  });

  test('is a beginning of every longer plan', () => {
    const short = plan(5, {}, 0.5);
    expect(short.length).toBeGreaterThan(50);
    expect(plan(5, {}, 1).slice(0, short.length)).toEqual(short);
  });

  test('is in order of time, and asks only for views that may be asked for', () => {
    const calls = plan(1);
    const times = calls.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const views = calls.filter((call) => call.kind !== 'single');
    expect(views.filter(({ viewport }) => viewportProblem(viewport) !== null)).toEqual([]);
    expect(new Set(views.map(({ zoom }) => zoom))).toEqual(new Set([13, 14, 15, 16, 17, 18]));
  });

  test('without a duration has no end, and is made as it is taken', () => {
    const endless = planSessions(1, { ...baseWorkload, sessionsPerMinute: 20 }, homes);
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
        // in the first seconds a home is opened from a view that came before the plan
        if (view === undefined && call.atMs < MINUTE_MS) continue;
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
  const busy = { sessionsPerMinute: 20, jumpShares: { serious: 0, recreational: 0 }, returnShare: 0 };
  // sessions last up to seven minutes: those that begin in the first five are whole
  const minutes = 12;
  const calls = plan(3, busy, minutes);
  const figures = summarizePlan(calls, homes);

  test('moves: pan 55 %, and as many zooms in as out on a bounded map', () => {
    near(figures.moves.pan, 0.55, 0.03);
    near(figures.moves['zoom-in'], 0.225, 0.02);
    near(figures.moves['zoom-out'], 0.225, 0.02);
  });

  test('after a pan: pan 62 %, and up to 6 % more, since the ends of the map zoom less', () => {
    const last = new Map<string, PlannedView>();
    const after = { pan: 0, zoom: 0 };
    for (const call of calls) {
      if (call.kind === 'single') continue;
      if (last.get(call.sessionId)?.act === 'pan') after[call.act === 'pan' ? 'pan' : 'zoom'] += 1;
      last.set(call.sessionId, call);
    }
    near(after.pan / (after.pan + after.zoom), 0.65, 0.03);
  });

  test('views by zoom', () => {
    const shares = { 13: 10.5, 14: 13.2, 15: 24.3, 16: 22.2, 17: 17.5, 18: 12.5 };
    for (const [zoom, share] of Object.entries(shares)) near(figures.zooms[zoom] ?? 0, share / 100.2, 0.05);
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
    const beginUntilMs = 5 * MINUTE_MS;
    for (const call of calls) {
      if (call.kind === 'single') continue;
      const isWhole = whole.has(call.sessionId) || (call.act === 'start' && call.atMs < beginUntilMs);
      if (isWhole) whole.set(call.sessionId, (whole.get(call.sessionId) ?? 0) + 1);
    }
    const actions = [...whole.values()].sort((a, b) => a - b);
    near(actions[Math.floor(actions.length / 2)] ?? 0, 78, 6);
    expect(actions[0]).toBeGreaterThanOrEqual(36);
    expect(actions.at(-1)).toBeLessThanOrEqual(194);
  });
});

describe('screens', () => {
  const widthOf = ({ viewport, zoom }: PlannedView): number =>
    ((viewport.east - viewport.west) / 360) * 256 * 2 ** zoom;
  const widths = (screenShares: Workload['screenShares']): number[] => {
    const seen = new Map<string, number>();
    for (const call of plan(6, { sessionsPerMinute: 10, screenShares, zoomShares: { 17: 1, 18: 1 } }, 3)) {
      if (call.kind !== 'single') seen.set(call.sessionId, Math.round(widthOf(call)));
    }
    return [...seen.values()];
  };

  test('are as many as asked, and one session keeps its own', () => {
    const seen = widths({ '390x844': 0.75, '1280x800': 0.25 });
    expect(new Set(seen)).toEqual(new Set([390, 1280]));
    near(seen.filter((width) => width === 390).length / seen.length, 0.75, 0.05);
    expect(new Set(widths({ '800x600': 1 }))).toEqual(new Set([800]));
  });
});

describe('the first minute', () => {
  test('finds sessions under way: as many calls as a later one', () => {
    const calls = plan(7, { sessionsPerMinute: 20, zoomShares: { 17: 1, 18: 1 } }, 5).filter(
      ({ kind }) => kind !== 'single',
    );
    const inMinute = (minute: number): number =>
      calls.filter(({ atMs }) => Math.floor(atMs / MINUTE_MS) === minute).length;
    expect(calls[0]?.atMs).toBeGreaterThanOrEqual(0);
    near(inMinute(0) / inMinute(4), 1, 0.25);
    expect(
      calls.filter(({ atMs }) => atMs < 1_000).some((call) => call.kind !== 'single' && call.act !== 'start'),
    ).toBe(true);
  });
});

describe('repeated visits', () => {
  const startsOf = (repeatVisitShare: number): string[] => {
    const popularPlace = (draws: Draws): Point => ({ latitude: draws.uniform(), longitude: draws.uniform() });
    const workload = { ...baseWorkload, repeatVisitShare };
    const starts = arrivals(4, { workload, homes, popularPlace, zoomRates: new Map() });
    return Array.from({ length: 200 }, () => JSON.stringify((starts.next().value as SessionStart).place));
  };

  test('begin where an earlier session began, as often as asked', () => {
    const starts = startsOf(0.4);
    near(1 - new Set(starts).size / starts.length, 0.4, 0.04);
  });

  test('are none at share 0', () => {
    expect(new Set(startsOf(0)).size).toBe(200);
  });
});
