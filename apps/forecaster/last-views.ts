import type { SettledView } from './strategies/forecast-strategy.ts';

/** Sessions remembered; about 200 bytes each, so 4 MB. */
export const SESSIONS_MAX = 20_000;

/** The last view of each session that is under way. */
export interface LastViews {
  /** @returns null for a session that has none, or whose last is long forgotten */
  of(sessionKey: string): SettledView | null;
  keep(sessionKey: string, view: SettledView): void;
}

/**
 * Last views in a bounded memory of this process; the sessions that moved longest ago are forgotten first.
 *
 * Nothing else keeps them: after a restart, or when its partition moves, a session's first forecast knows no direction and
 * looks to all sides alike.
 */
export function createLastViews(sessionsMax: number = SESSIONS_MAX): LastViews {
  const kept = new Map<string, SettledView>();
  return {
    of: (sessionKey) => kept.get(sessionKey) ?? null,
    keep(sessionKey, { viewport, zoom }) {
      // a map keeps the order of insertion: what is new goes to its end
      kept.delete(sessionKey);
      kept.set(sessionKey, { viewport, zoom });
      if (kept.size <= sessionsMax) return;
      for (const oldest of kept.keys()) {
        kept.delete(oldest);
        return;
      }
    },
  };
}
