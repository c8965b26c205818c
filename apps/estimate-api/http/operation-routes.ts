import type { FastifyInstance } from 'fastify';
import type { ApiPorts } from './ports.ts';

const hidden = { schema: { hide: true } as object };

/** For orchestrators and for people: no viewer, no values. */
export function addOperationRoutes(app: FastifyInstance, { isReady, isStopping }: ApiPorts): void {
  app.get('/livez', hidden, async (_request, reply) => reply.send({ live: true }));
  app.get('/readyz', hidden, async (_request, reply) => {
    const ready = isReady() && !isStopping();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
}
