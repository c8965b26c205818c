import type { HomesIndex } from './homes-index.ts';
import type { Act, PlannedCall } from './planned-call.ts';
import type { ViewerRole } from './workload.ts';

/** The marginal figures of a plan, to be held against those that were read off. */
export interface PlanSummary {
  calls: { map: number; single: number; density: number };
  sessions: number;
  callsPerS: number;
  mapCallsPerS: number;
  /** Shares of pan, zoom-in and zoom-out among these three. */
  moves: Record<'pan' | 'zoom-in' | 'zoom-out', number>;
  acts: Record<Act, number>;
  /** Shares of the views by zoom. */
  zooms: Record<string, number>;
  /** Shares of the sessions by role. */
  roles: Record<ViewerRole, number>;
  gapMs: { p5: number; p50: number; p95: number; mean: number };
  actionsPerSession: { p50: number; max: number };
  singleAfterMapShare: number;
  homesInView: { p50: number; p95: number; max: number };
  truncatedShare: number;
}

interface SessionSeen {
  role: ViewerRole;
  views: number;
  lastViewAtMs: number;
}

const at = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

const shares = <K extends string>(keys: readonly K[], counts: ReadonlyMap<string, number>): Record<K, number> => {
  const sum = keys.reduce((total, key) => total + (counts.get(key) ?? 0), 0);
  return Object.fromEntries(keys.map((key) => [key, sum === 0 ? 0 : (counts.get(key) ?? 0) / sum])) as Record<
    K,
    number
  >;
};

const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** Goes through a plan once. @param plan must have an end */
export function summarizePlan(plan: Iterable<PlannedCall>, homes: HomesIndex): PlanSummary {
  const calls = { map: 0, single: 0, density: 0 };
  const [acts, zooms, roles] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
  const sessions = new Map<string, SessionSeen>();
  const gaps: number[] = [];
  const totals: number[] = [];
  let truncated = 0;
  let lastAtMs = 0;
  for (const call of plan) {
    calls[call.kind] += 1;
    lastAtMs = call.atMs;
    if (call.kind === 'single') continue;
    add(acts, call.act);
    add(zooms, String(call.zoom));
    const session = sessions.get(call.sessionId);
    if (session === undefined) add(roles, call.role);
    else gaps.push(call.atMs - session.lastViewAtMs);
    sessions.set(call.sessionId, { role: call.role, views: (session?.views ?? 0) + 1, lastViewAtMs: call.atMs });
    const { total } = homes.homesIn(call.viewport, 1);
    totals.push(total);
    if (total > call.limit) truncated += 1;
  }
  const sortedGaps = Float64Array.from(gaps).sort();
  const sortedTotals = Float64Array.from(totals).sort();
  const views = Float64Array.from(sessions.values(), (session) => session.views).sort();
  const seconds = lastAtMs / 1_000;
  return {
    calls,
    sessions: sessions.size,
    callsPerS: (calls.map + calls.single + calls.density) / seconds,
    mapCallsPerS: calls.map / seconds,
    moves: shares(['pan', 'zoom-in', 'zoom-out'], acts),
    acts: shares(['start', 'pan', 'zoom-in', 'zoom-out', 'jump', 'return'], acts),
    zooms: shares([...zooms.keys()].sort(), zooms),
    roles: shares(['unregistered', 'registered', 'verified', 'agent'], roles),
    gapMs: {
      p5: at(sortedGaps, 0.05),
      p50: at(sortedGaps, 0.5),
      p95: at(sortedGaps, 0.95),
      mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
    },
    actionsPerSession: { p50: at(views, 0.5), max: at(views, 1) },
    singleAfterMapShare: calls.single / calls.map,
    homesInView: { p50: at(sortedTotals, 0.5), p95: at(sortedTotals, 0.95), max: at(sortedTotals, 1) },
    truncatedShare: truncated / totals.length,
  };
}
