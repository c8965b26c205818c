import type { Viewport, ViewportViewed } from '@porchlight/contracts';
import type { HomeResult } from '../reading/index.ts';

/** Where viewport events go. Synchronous; never waits, never throws: a request is answered whatever becomes of its event. */
export interface ViewportEvents {
  /** @param traceparent the W3C trace context that the request came with */
  publish(event: ViewportViewed, traceparent?: string): void;
}

/** The most homes that an event names. */
export const EVENT_HOMES_MAX = 500;

export interface SettledView {
  readonly eventId: string;
  readonly sessionKey: string;
  readonly viewport: Viewport;
  readonly zoom: number;
  readonly results: readonly HomeResult[];
  /** When it was answered, UTC milliseconds by this process's clock. */
  readonly viewedAt: number;
}

/**
 * What the viewport event says of an answer. Pure. Homes that do not exist count nowhere; a home that was asked for
 * twice counts once.
 */
export function viewportEventOf({
  eventId,
  sessionKey,
  viewport,
  zoom,
  results,
  viewedAt,
}: SettledView): ViewportViewed {
  const homes = [...new Map(results.map((result) => [result.propertyId, result])).values()];
  const known = homes.filter(({ status }) => status !== 'unknown');
  const countOf = (matches: (result: HomeResult) => boolean): number => known.filter(matches).length;
  const propertyIds = known
    .map(({ propertyId }) => propertyId)
    .sort()
    .slice(0, EVENT_HOMES_MAX);
  return {
    eventId,
    sessionKey,
    viewport: { west: viewport.west, south: viewport.south, east: viewport.east, north: viewport.north },
    zoom,
    propertyIds,
    hitCount: countOf(({ source }) => source !== 'miss'),
    warmedHitCount: countOf(({ source }) => source === 'warm_hit'),
    missedCount: countOf(({ source }) => source === 'miss'),
    pendingCount: countOf(({ status }) => status === 'pending'),
    viewedAt,
  };
}
