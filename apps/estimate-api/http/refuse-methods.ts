import type { FastifyInstance, HTTPMethods } from 'fastify';
import { Problem } from './problem.ts';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Answers every other method of an address with 405 and says which one it takes. */
export function refuseOtherMethods(app: FastifyInstance, url: string, allowed: 'GET' | 'POST'): void {
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
