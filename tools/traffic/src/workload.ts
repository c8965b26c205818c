import type { QuantileTable } from './quantile-table.ts';

/** Who looks; the four roles of design.md section 4. */
export type ViewerRole = 'unregistered' | 'registered' | 'verified' | 'agent';
/** Width and height of a map, CSS pixels. */
export type Screen = `${number}x${number}`;
export type Move = 'pan' | 'zoom-in' | 'zoom-out';
/** Serious viewers stay in few areas and come back to what they saw; recreational ones jump. */
export type ViewerClass = 'serious' | 'recreational';

/**
 * How people browse. [R] is read off real data, [S] a published figure, [A] an assumption to be swept, [F] fixed by the
 * standard workload (numbers.md), [C] calibrated once. The figures are those of the facts on traffic.
 */
export interface Workload {
  /** [C] Sessions that begin a minute: one in each slot of 60 s / rate, anywhere in it. */
  sessionsPerMinute: number;
  /** [C] Zipf exponent of the start places. Read off: 0.57 (z18) to 0.93 (z16); sweep 0.6..1.1. */
  popularityExponent: number;
  /** [C] Share of sessions that begin exactly where an earlier one of the run began: the same person again, or a shared link. */
  repeatVisitShare: number;
  /** [R] Actions of a session: 36..194, p50 78. */
  actionsPerSession: QuantileTable;
  /** [R] Time from one action to the next, ms: p50 1.02 s, p95 7.6 s, mean 2.26 s. The ends (0.15 s, 30 s) are chosen for the mean. */
  gapMs: QuantileTable;
  /** [R] Share of the actions that pan (the others zoom by one level): after a pan; after a zoom; in all. */
  panShareAfterPan: number;
  panShareAfterZoom: number;
  panShare: number;
  /**
   * [R] Views by zoom, any scale; how often each zoom goes in or out follows from it. Below 15 the client asks for density.
   */
  zoomShares: Readonly<Record<string, number>>;
  /** [A] Length of a pan, in viewports. */
  panStepMin: number;
  panStepMax: number;
  /** [A] Probability that a pan keeps the direction of the last one; sweep 0.3..0.8. */
  panPersistence: number;
  /** [S] Share of recreational viewers ("dreamers", Hemnet: about 25 %). */
  recreationalShare: number;
  /** [A] Of a viewer's moves, those that jump to another popular place: a serious one has few areas, a recreational one many. */
  jumpShares: Readonly<Record<ViewerClass, number>>;
  /** [A] Of a serious viewer's moves, those that go back to an earlier view of the session. */
  returnShare: number;
  /** [A] Screens, CSS pixels of the map as `width x height`, any scale. */
  screenShares: Readonly<Record<Screen, number>>;
  /** [F] Homes that a map call asks for. */
  mapLimit: number;
  /** [F] Probability of a single get after a map view, for a home in view. */
  singleAfterMapShare: number;
  /** [A] Share of the single gets that are for a home which the map drew; the others found it in a list beside it. */
  drawnHomeShare: number;
  /** [F] Who looks. */
  roleShares: Readonly<Record<ViewerRole, number>>;
}

/** Which figures are read off (R), published (S), assumed (A), fixed (F) or calibrated (C); printed with every run. */
export const workloadSources: Readonly<Record<keyof Workload, 'R' | 'S' | 'A' | 'F' | 'C'>> = {
  sessionsPerMinute: 'C',
  popularityExponent: 'C',
  repeatVisitShare: 'C',
  actionsPerSession: 'R',
  gapMs: 'R',
  panShareAfterPan: 'R',
  panShareAfterZoom: 'R',
  panShare: 'R',
  zoomShares: 'R',
  panStepMin: 'A',
  panStepMax: 'A',
  panPersistence: 'A',
  recreationalShare: 'S',
  jumpShares: 'A',
  returnShare: 'A',
  screenShares: 'A',
  mapLimit: 'F',
  singleAfterMapShare: 'F',
  drawnHomeShare: 'A',
  roleShares: 'F',
};

/**
 * Everything that is not calibrated; the calibrated three have a middling value here. The assumed ones: persistence and
 * step from the middle of their sweeps; three of four viewers on a phone, whose maps are cut less often; a serious viewer
 * sees some six areas in a session, a recreational one another after every third view; returns are few, since zooms and
 * turns bring back much of what was seen anyhow.
 */
export const baseWorkload: Workload = {
  sessionsPerMinute: 12,
  popularityExponent: 0.8,
  repeatVisitShare: 0.2,
  actionsPerSession: [
    [0, 36],
    [0.5, 78],
    [1, 194],
  ],
  gapMs: [
    [0, 150],
    [0.05, 230],
    [0.25, 630],
    [0.5, 1_020],
    [0.75, 1_970],
    [0.9, 4_400],
    [0.95, 7_600],
    [0.99, 25_000],
    [1, 30_000],
  ],
  panShareAfterPan: 0.62,
  // 0.55 = 0.55 * 0.62 + 0.45 * 0.4644
  panShareAfterZoom: 0.4644,
  panShare: 0.55,
  zoomShares: { 13: 10.5, 14: 13.2, 15: 24.3, 16: 22.2, 17: 17.5, 18: 12.5 },
  panStepMin: 0.4,
  panStepMax: 1,
  panPersistence: 0.6,
  recreationalShare: 0.25,
  jumpShares: { serious: 0.06, recreational: 0.3 },
  returnShare: 0.02,
  screenShares: { '390x844': 0.75, '1280x800': 0.25 },
  mapLimit: 500,
  singleAfterMapShare: 0.25,
  drawnHomeShare: 0,
  roleShares: { unregistered: 0.7, registered: 0.2, verified: 0.08, agent: 0.02 },
};

/** One line a parameter: its name, its value, and where it comes from. */
export function describeWorkload(workload: Workload): string[] {
  const names = Object.keys(workloadSources) as (keyof Workload)[];
  return names.map((name) => `${name} = ${JSON.stringify(workload[name])} [${workloadSources[name]}]`);
}
