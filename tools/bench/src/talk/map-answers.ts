import type { ViewportViewed } from '@porchlight/contracts';
import type { LoggedCall } from '@porchlight/upstream-simulator';
import type { SeenCall } from './seen-calls.ts';

/** What one map answer took from the cache, and what it had to find out. */
export interface MapAnswer {
  readonly act: string;
  readonly latencyMs: number;
  readonly homes: number;
  /** Homes that the cache did not answer; some of them only needed their facts, because the viewer may not see them. */
  readonly missed: number;
  /** Homes that were paid for while this answer waited. */
  readonly paid: number;
}

/** As many as calls are sent with: fewer would be rounded twice. */
const VIEW_DIGITS = 7;

/** A view as the API was asked for it. */
const viewKey = ({ west, south, east, north }: ViewportViewed['viewport'], zoom: number): string =>
  [zoom, ...[west, south, east, north].map((degrees) => degrees.toFixed(VIEW_DIGITS))].join(' ');

/**
 * Puts together what is known of each map answer: its viewport event says how many homes missed the cache, the seller's log what was
 * paid for meanwhile. Pure.
 *
 * An answer without an event (dropped, or not read yet) is left out: compare the counts.
 */
export function mapAnswersOf(
  seen: readonly SeenCall[],
  events: readonly ViewportViewed[],
  paidCalls: readonly Pick<LoggedCall, 'askedAt' | 'lane' | 'propertyIds'>[],
): MapAnswer[] {
  const eventsOf = new Map<string, ViewportViewed[]>();
  for (const event of [...events].sort((a, b) => a.viewedAt - b.viewedAt)) {
    const key = viewKey(event.viewport, event.zoom);
    eventsOf.set(key, [...(eventsOf.get(key) ?? []), event]);
  }
  const byUsers = paidCalls.filter(({ lane }) => lane !== 'background');
  return [...seen]
    .sort((a, b) => a.meantAt - b.meantAt)
    .flatMap(({ call, meantAt, endedAt, latencyMs }): MapAnswer[] => {
      if (call.kind !== 'map') return [];
      const event = eventsOf.get(viewKey(call.viewport, call.zoom))?.shift();
      if (event === undefined) return [];
      const inView = new Set(event.propertyIds);
      const paid = byUsers
        .filter(({ askedAt }) => meantAt <= askedAt && askedAt <= endedAt)
        .flatMap(({ propertyIds }) => propertyIds.filter((id) => inView.has(id)));
      return [
        {
          act: call.act,
          latencyMs,
          homes: event.hitCount + event.missedCount,
          missed: event.missedCount,
          paid: new Set(paid).size,
        },
      ];
    });
}
