import type { FastifyInstance } from 'fastify';
import type { Viewport } from '@porchlight/geo';
import type { HomeResult } from '../reading/index.ts';
import { streamFormatOf } from './accept.ts';
import { chargeHomes } from './admit.ts';
import { cohortsOf } from './deal-out.ts';
import type { RoutePorts } from './ports.ts';
import { readNumbers } from './numeric-query.ts';
import { Problem } from './problem.ts';
import { publishView } from './publish-view.ts';
import { refuseOtherMethods } from './refuse-methods.ts';
import { batchJson, resultJson } from './result-json.ts';
import { batchSchema, singleSchema } from './schemas.ts';
import { answerAsStream, hasSeenTheEnd } from './stream-answer.ts';
import { batchStream } from './stream-forms.ts';
import { checkViewport } from './viewport-check.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const SINGLE_URL = '/v1/estimates/:propertyId';
/** The second colon escapes the first: the address is /v1/estimates:batchGet. */
const BATCH_URL = '/v1/estimates::batchGet';

interface Single {
  Params: { propertyId: string };
  Querystring: { deadlineMs?: number };
}

interface Batch {
  Body: { propertyIds: string[]; deadlineMs?: number; viewport?: Viewport; zoom?: number };
}

/** Single and batch get. */
export function addEstimateRoutes(app: FastifyInstance, ports: RoutePorts): void {
  const { reader, meter, deadlines } = ports;

  app.get<Single>(
    SINGLE_URL,
    { schema: singleSchema(deadlines.defaultMs), config: { route: 'single' }, preValidation: readNumbers },
    async (request, reply) => {
      const { propertyId } = request.params;
      const { deadlineMs = deadlines.defaultMs } = request.query;
      const { readsCache, labels } = cohortsOf(request);
      const question = { propertyIds: [propertyId], role: request.role, deadlineMs, bypassesCache: !readsCache };
      const results = await reader.read(question);
      meter.homes('single', results, labels);
      const [result] = results;
      if (result === undefined || result.status === 'unknown') {
        throw new Problem('unknown-property', `there is no property ${propertyId}`);
      }
      return reply.type(JSON_TYPE).send(resultJson(result));
    },
  );
  refuseOtherMethods(app, SINGLE_URL, 'GET');

  app.post<Batch>(
    BATCH_URL,
    { schema: batchSchema(deadlines.defaultMs), config: { route: 'batch' } },
    async (request, reply) => {
      const format = streamFormatOf(request.headers.accept);
      if (format !== null && hasSeenTheEnd(request, format)) return reply.code(204).send();
      const { propertyIds, deadlineMs = deadlines.defaultMs, viewport, zoom } = request.body;
      if ((viewport === undefined) !== (zoom === undefined)) {
        throw new Problem('invalid-request', 'viewport and zoom come together');
      }
      if (viewport !== undefined) checkViewport(viewport);
      chargeHomes(request, reply, propertyIds.length, ports);
      const { readsCache, labels } = cohortsOf(request);
      const question = { propertyIds, role: request.role, deadlineMs, bypassesCache: !readsCache };
      const publish = (results: readonly HomeResult[]): void => {
        if (viewport !== undefined && zoom !== undefined) publishView(request, { viewport, zoom, results }, ports);
      };
      if (format !== null) return answerAsStream(request, reply, batchStream(format, question, publish), ports);
      const results = await reader.read(question);
      meter.homes('batch', results, labels);
      publish(results);
      return reply.type(JSON_TYPE).send(batchJson(results));
    },
  );
  refuseOtherMethods(app, BATCH_URL, 'POST');
}
