import type { RatedCall } from '../drive-at-rate.ts';

const DEADLINE_MS = 1_000;

/** What a map of the homes' neighbourhood shows; the event says so, and nothing else looks at it. */
const view = { viewport: { west: -122.34, south: 47.6, east: -122.32, north: 47.62 }, zoom: 16 } as const;

/**
 * The same questions twice: each batch with `viewport` and `zoom`, which publishes that it was answered, and without, which publishes nothing
 * and is otherwise the same work. The session's header is in both.
 *
 * @param batches the homes of each call
 */
export function callsOf(batches: readonly (readonly string[])[]): { publishing: RatedCall[]; quiet: RatedCall[] } {
  const callOf = (propertyIds: readonly string[], at: number, fields: object): RatedCall => ({
    method: 'POST',
    path: '/v1/estimates:batchGet',
    headers: { 'content-type': 'application/json', 'x-session-id': `bench-${at}` },
    body: JSON.stringify({ propertyIds, deadlineMs: DEADLINE_MS, ...fields }),
  });
  return {
    publishing: batches.map((propertyIds, at) => callOf(propertyIds, at, view)),
    quiet: batches.map((propertyIds, at) => callOf(propertyIds, at, {})),
  };
}
