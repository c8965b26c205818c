import { topics, type SessionView } from '@porchlight/contracts';
import type { KeyValueStore, StoreDefinition, Topic } from '@porchlight/stream';
import type { SettledView } from './strategies/forecast-strategy.ts';

/** Longer than anybody looks at one view and then moves on from there; what is older says nothing about a direction. */
export const SESSION_TTL_MS = 30 * 60_000;

/**
 * Sessions of one partition, some 300 bytes each on the disk: 60 MB. A flood of invented sessions must not fill the disk within their half hour; while
 * there are so many, those that are new are forecast without a direction.
 */
export const SESSIONS_MAX = 200_000;

/** The last view of each session that is under way. */
export interface LastViews {
  /** @returns null for a session that has none, or whose last is long forgotten */
  of(session: string | null): SettledView | null;
  /** A record without a key belongs to no session: nothing is kept. Nor of a new session while there are `SESSIONS_MAX`. */
  keep(session: string | null, view: SettledView & { readonly viewedAt: number }): void;
}

/**
 * The one store of this app, by session: it moves with the partition and survives a restart and a lost disk, so a session's direction is known
 * wherever its next view is forecast.
 *
 * @param values  the changelog's topic; another for tests on a shared Kafka
 */
export const sessionViews = (
  values: Topic<SessionView> = topics.forecasterChangelog,
): StoreDefinition<SessionView> => ({
  name: 'sessions',
  values,
  ttlMs: SESSION_TTL_MS,
});

/** Last views in a task's store. */
export const createLastViews = (store: KeyValueStore<SessionView>, sessionsMax = SESSIONS_MAX): LastViews => ({
  of(session) {
    const kept = session === null ? undefined : store.get(session);
    return kept === undefined ? null : { viewport: kept.viewport, zoom: kept.zoom };
  },
  keep(session, { viewport, zoom, viewedAt }) {
    if (session === null) return;
    const before = store.get(session);
    if (before === undefined && store.approximateSize >= sessionsMax) return;
    const viewCount = (before?.viewCount ?? 0) + 1;
    store.put(session, { viewport, zoom, viewedAt, viewCount });
  },
});
