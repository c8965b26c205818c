import { randomUUID } from 'node:crypto';
import { headerOf } from '../viewer/viewer.ts';
import type { IncomingHttpHeaders } from 'node:http';

export const REQUEST_ID_HEADER = 'x-request-id';

/** It is logged and sent back: nothing that could be more than a name, and never long. */
const SAFE = /^[A-Za-z0-9._-]{1,64}$/;

/** The name of one request, in its answer, in a problem document and in the log: the caller's if it is safe, else a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headerOf(headers, REQUEST_ID_HEADER);
  return given !== undefined && SAFE.test(given) ? given : randomUUID();
}
