import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

/**
 * Looks at what every request has, whatever it asks: HTTP/1.1 must name a host (RFC 9112, 3.2), and a body comes as it is. A
 * compressed one is refused unread: what 64 kB unfold to has no limit.
 */
export function checkEnvelope(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  const { headers, raw } = request;
  if (headers.host === undefined && raw.httpVersion === '1.1') {
    return done(new Problem('invalid-request', 'HTTP/1.1 needs a Host header'));
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    return done(new Problem('unsupported-encoding'));
  }
  done();
}
