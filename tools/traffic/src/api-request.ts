import type { PlannedCall } from './planned-call.ts';

/** Seven digits: a centimeter; more would only lengthen the line. */
const DEGREE_DIGITS = 7;

/**
 * The path and query of a call (design.md section 4).
 *
 * @param deadlineMs how long an answer may wait for what is not cached; without it the API's own default
 */
export function pathOf(call: PlannedCall, deadlineMs?: number): string {
  if (call.kind === 'single') {
    const query = deadlineMs === undefined ? '' : `?deadlineMs=${deadlineMs}`;
    return `/v1/estimates/${encodeURIComponent(call.propertyId)}${query}`;
  }
  const { west, south, east, north } = call.viewport;
  const query = new URLSearchParams();
  for (const [edge, degrees] of Object.entries({ west, south, east, north }))
    query.set(edge, degrees.toFixed(DEGREE_DIGITS));
  query.set('zoom', String(call.zoom));
  if (call.kind === 'map') query.set('limit', String(call.limit));
  if (call.kind === 'map' && deadlineMs !== undefined) query.set('deadlineMs', String(deadlineMs));
  return `/v1/map/${call.kind === 'map' ? 'estimates' : 'density'}?${query.toString()}`;
}

/** The headers of a call; no token means a viewer who is not registered. */
export function headersOf(call: PlannedCall, token: string | undefined): Record<string, string> {
  const headers = { accept: 'application/json', 'x-session-id': call.sessionId };
  return token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` };
}
