import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '@porchlight/stream';
import { CACHE_CONTROL, VARY } from './cache-fields.ts';
import { Problem, problemDocument, PROBLEM_TYPE, problems, type ProblemCode } from './problem.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

/** How long whoever was refused may take to read it. Then the socket is closed, whatever still comes on it. */
export const REFUSED_LINGER_MS = 500;

const codes: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'header-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** What was never a request, or never became a whole one: answered on the bare socket, which is then closed. */
export function refuseBadHttp(error: NodeJS.ErrnoException, socket: Socket, clock: Pick<Clock, 'after'>): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = new Problem(codes[error.code ?? ''] ?? 'invalid-request');
  const requestId = randomUUID();
  const body = problemDocument(problem, requestId);
  const { status } = problems[problem.code];
  const head = [
    `HTTP/1.1 ${status} Refused`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `cache-control: ${CACHE_CONTROL}`,
    `vary: ${VARY}`,
    `${REQUEST_ID_HEADER}: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  clock.after(REFUSED_LINGER_MS, () => socket.destroy());
}
