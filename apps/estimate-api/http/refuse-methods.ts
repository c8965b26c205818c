import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.ts';

/** All that a client may reasonably send: those of HTTP, QUERY, and WebDAV's, which scanners like. */
const METHODS = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'],
  ...['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT', 'SEARCH'],
] as const;

/** Answers every other method of an address with 405 and says which one it takes. */
export function refuseOtherMethods(app: FastifyInstance, url: string, allowed: 'GET' | 'POST'): void {
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  app.route({
    method: METHODS.filter((method) => method !== allowed),
    url,
    schema: { hide: true },
    // Before the body is read: what it holds does not matter.
    onRequest: (_request, reply, done) => {
      reply.header('allow', allowed);
      done(new Problem('method-not-allowed', `this address takes ${allowed}`));
    },
    handler: () => undefined,
  });
}
