import type { FastifyInstance } from 'fastify';
import { metricsPage } from './metrics-page.ts';
import type { Meter } from './meter.ts';

/** The meter for Prometheus, beside the API that it counts; the process's own metrics have their own port. */
export function addMetricsRoute(
  server: FastifyInstance,
  parts: { meter: Meter; homes(): number; hung(): number },
): void {
  server.get('/metrics', async (_request, reply) => {
    void reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    return metricsPage(parts.meter.read(), { homes: parts.homes(), hung: parts.hung() });
  });
}
