import type { FastifyRequest } from 'fastify';
import type { Viewport } from '@porchlight/geo';
import type { HomeResult } from '../reading/index.ts';
import { sessionKeyOf } from '../viewer/session-key.ts';
import { headerOf } from '../viewer/viewer.ts';
import type { ApiPorts } from './ports.ts';
import { traceparentOf } from './trace-requests.ts';

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Publishes that a viewer's map was answered. Synchronous, and never a reason for the answer to fail. */
export function publishView(
  request: FastifyRequest,
  { viewport, zoom, results }: { viewport: Viewport; zoom: number; results: readonly HomeResult[] },
  { events, clock, sessionHmacKey }: Pick<ApiPorts, 'events' | 'clock' | 'sessionHmacKey'>,
): void {
  const sessionKey = request.sessionKey ?? sessionKeyOf(headerOf(request.headers, 'x-session-id'), sessionHmacKey);
  const view = { sessionKey, viewport, zoom, results, viewedAt: clock.now() };
  const traceparent = traceparentOf(request);
  if (traceparent !== undefined && TRACEPARENT.test(traceparent)) events.publish(view, traceparent);
  else events.publish(view);
}
