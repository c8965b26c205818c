import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { REQUEST_ID_HEADER } from './request-id.ts';

/** How long a browser may believe what it was told of an origin. */
const PREFLIGHT_MAX_AGE_SECONDS = 600;

/**
 * Lets pages of these origins call; of no others, and by default of none. Tokens travel in a header that a page sets itself, so
 * no page gets anything by what the browser adds.
 */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'traceparent',
      'x-session-id',
      'x-viewer-role',
      REQUEST_ID_HEADER,
    ],
    exposedHeaders: ['ratelimit', 'ratelimit-policy', 'retry-after', REQUEST_ID_HEADER],
    credentials: false,
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
    // Else an OPTIONS that is no preflight would be refused in plain text.
    strictPreflight: false,
  });
}
