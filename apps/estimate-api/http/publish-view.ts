import type { FastifyRequest } from 'fastify';
import type { Viewport } from '@porchlight/geo';
import { viewportEventOf } from '../events/viewport-event.ts';
import { uuidV7 } from '../events/uuid-v7.ts';
import type { HomeResult } from '../reading/index.ts';
import { sessionKeyOf } from '../viewer/session-key.ts';
import { headerOf } from '../viewer/viewer.ts';
import type { ApiPorts } from './ports.ts';

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Publishes that a viewer's map was answered. Synchronous, and never a reason for the answer to fail. */
export function publishView(
  request: FastifyRequest,
  view: { viewport: Viewport; zoom: number; results: readonly HomeResult[] },
  { events, clock, sessionHmacKey }: Pick<ApiPorts, 'events' | 'clock' | 'sessionHmacKey'>,
): void {
  const viewedAt = clock.now();
  const sessionKey = request.sessionKey ?? sessionKeyOf(headerOf(request.headers, 'x-session-id'), sessionHmacKey);
  const event = viewportEventOf({ ...view, eventId: uuidV7(viewedAt), sessionKey, viewedAt });
  const traceparent = headerOf(request.headers, 'traceparent');
  if (traceparent !== undefined && TRACEPARENT.test(traceparent)) events.publish(event, traceparent);
  else events.publish(event);
}
