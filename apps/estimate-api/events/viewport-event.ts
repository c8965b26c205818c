import type { Viewport, ViewportViewed } from '@porchlight/contracts';
import type { HomeResult } from '../reading/index.ts';

/** Where answered views go. Synchronous; never waits, never throws: a request is answered whatever becomes of its event. */
export interface ViewportEvents {
  /** @param traceparent the W3C trace context that the request came with */
  publish(view: SettledView, traceparent?: string): void;
}

/** The most homes that an event names. */
export const EVENT_HOMES_MAX = 500;

/** A view as it was answered; the event is made of it behind the answer. */
export interface SettledView {
  readonly sessionKey: string;
  readonly viewport: Viewport;
  readonly zoom: number;
  readonly results: readonly Pick<HomeResult, 'propertyId' | 'status' | 'source'>[];
  /** When it was answered, UTC milliseconds by this process's clock. */
  readonly viewedAt: number;
}

/**
 * What the viewport event says of an answer. Pure. Homes that do not exist count nowhere; a home that was asked for
 * twice counts once.
 */
export function viewportEventOf(
  { sessionKey, viewport, zoom, results, viewedAt }: SettledView,
  eventId: string,
): ViewportViewed {
  const seen = new Set<string>();
  let [hitCount, warmedHitCount, missedCount, pendingCount] = [0, 0, 0, 0];
  for (const { propertyId, status, source } of results) {
    if (status === 'unknown' || seen.has(propertyId)) continue;
    seen.add(propertyId);
    if (source === 'miss') missedCount += 1;
    else hitCount += 1;
    if (source === 'warm_hit') warmedHitCount += 1;
    if (status === 'pending') pendingCount += 1;
  }
  return {
    eventId,
    sessionKey,
    viewport: { west: viewport.west, south: viewport.south, east: viewport.east, north: viewport.north },
    zoom,
    propertyIds: [...seen].sort().slice(0, EVENT_HOMES_MAX),
    hitCount,
    warmedHitCount,
    missedCount,
    pendingCount,
    viewedAt,
  };
}
