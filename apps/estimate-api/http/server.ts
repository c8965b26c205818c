import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Role } from '@porchlight/visibility';
import type { SessionCohorts } from '../flags/session-cohorts.ts';
import type { Account } from '../limits/port.ts';
import { admitViewers } from './admit.ts';
import type { ApiMeter, Route } from './api-meter.ts';
import { CACHE_CONTROL, VARY } from './cache-fields.ts';
import { checkEnvelope } from './check-envelope.ts';
import { closeSilentSockets } from './close-silent-sockets.ts';
import { allowOrigins } from './cors.ts';
import { cohortsOf, dealOut } from './deal-out.ts';
import { addDocuments } from './documents.ts';
import { addEstimateRoutes } from './estimate-routes.ts';
import { guardConnections } from './guard-connections.ts';
import { readJsonBodies } from './json-body.ts';
import {
  BODY_BYTES_MAX,
  CONNECTION_CHECK_MS,
  CONNECTION_IDLE_MS,
  HEADER_BYTES_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  PARAM_LENGTH_MAX,
  REQUEST_TIMEOUT_MS,
} from './limits.ts';
import { withoutDigits } from '../unplanned.ts';
import { addMapRoutes } from './map-routes.ts';
import { createOpenStreams } from './open-streams.ts';
import { addOperationRoutes } from './operation-routes.ts';
import type { ApiPorts } from './ports.ts';
import { Problem, problemDocument, PROBLEM_TYPE, problems, type ProblemCode } from './problem.ts';
import { problemOf } from './problem-of.ts';
import { refuseBadHttp } from './refuse-bad-http.ts';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.ts';
import { shedLoad } from './shed-load.ts';
import { traceRequests } from './trace-requests.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is looking; set before any route of /v1 runs. */
    role: Role;
    /** Whom this request is counted for; null where there is no limit. */
    account: Account | null;
    /** What the feature flags say of its session; see cohortsOf. */
    cohorts: SessionCohorts | null;
    /** Null where nothing has needed it yet. */
    sessionKey: string | null;
    problemCode: ProblemCode | null;
    /** It is answered by a stream, which is metered by itself. */
    isStream: boolean;
  }
  interface FastifyContextConfig {
    /** The route's name in metrics. */
    route?: Route;
  }
}

/** Time-outs and sizes of the connections; Node looks at the time-outs every CONNECTION_CHECK_MS, by itself only every 30 s. */
const connections = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionTimeout: CONNECTION_IDLE_MS,
  bodyLimit: BODY_BYTES_MAX,
  http: {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CONNECTION_CHECK_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    requireHostHeader: false, // checked by ourselves: Node's refusal is no problem document
  },
};

/** The HTTP side of estimate-api, not listening yet. */
export async function createServer(ports: ApiPorts): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    ...connections,
    genReqId: ({ headers }) => requestIdOf(headers),
    trustProxy: ports.web.trustedProxies.length === 0 ? false : [...ports.web.trustedProxies],
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // what still arrives on an open connection is answered, and the connection closed behind it
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    // A caller that sends a text for a number is told so; nothing that was sent is quietly dropped or bent.
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        allErrors: false,
        keywords: ['dependentRequired'], // of OpenAPI 3.1's dialect, for its readers; the route checks it itself
      },
    },
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
    clientErrorHandler: (error, socket) => refuseBadHttp(error, socket, ports.clock),
  });
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    sendProblem(readProblem(error, request, ports), request, reply);
  shedLoad(app, ports);
  decorate(app);
  traceRequests(app, ports);
  app.setErrorHandler<FastifyError>((error, request, reply) => refuse(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendProblem(new Problem('unknown-route'), request, reply));
  tellAlways(app, ports);
  app.addHook('onRequest', checkEnvelope);
  await allowOrigins(app, ports.web.corsOrigins);
  // Answers are written as text by their routes; their schemas are for readers, and nothing is compiled from them.
  app.setSerializerCompiler(() => JSON.stringify);
  readJsonBodies(app);
  closeSilentSockets(app, ports.clock);
  guardConnections(app, {
    connectionsMax: ports.web.connectionsMax,
    clock: ports.clock,
    onTurnedAway: () => ports.meter.turnedAway(),
  });
  observe(app, ports.meter);
  addOperationRoutes(app, ports);
  const routePorts = { ...ports, streams: createOpenStreams(app, ports.clock) };
  const addRoutes = (scope: FastifyInstance): void => {
    addEstimateRoutes(scope, routePorts);
    addMapRoutes(scope, routePorts);
  };
  addDocuments(app, {
    addRoutes,
    notFound: (request, reply) => sendProblem(new Problem('unknown-route'), request, reply),
    refuse,
  });
  await app.register(async (scope) => {
    admitViewers(scope, ports);
    dealOut(scope, ports);
    addRoutes(scope);
  });
  return app;
}

/** What every answer says, whatever becomes of it. */
function tellAlways(app: FastifyInstance, { isStopping }: ApiPorts): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('cache-control', CACHE_CONTROL);
    reply.header('vary', VARY);
    reply.header(REQUEST_ID_HEADER, request.id);
    if (isStopping()) reply.header('connection', 'close');
    done();
  });
}

/** What hooks leave on a request. */
function decorate(app: FastifyInstance): void {
  app.decorateRequest('role', 'unregistered');
  app.decorateRequest('account', null);
  app.decorateRequest('cohorts', null);
  app.decorateRequest('sessionKey', null);
  app.decorateRequest('problemCode', null);
  app.decorateRequest('isStream', false);
}

function readProblem(error: unknown, request: FastifyRequest, { log, isStopping }: ApiPorts): Problem {
  const { validationContext } = error as { validationContext?: string };
  const part = validationContext === undefined ? undefined : request[validationContext as 'body' | 'query' | 'params'];
  const problem = problemOf(error, validationContext === 'querystring' ? request.query : part);
  if (problem !== null) return problem;
  if (isStopping()) return new Problem('stopping');
  const told = { code: 'UNPLANNED', requestId: request.id, error: withoutDigits(error) };
  log.error(told, 'a request failed in an unplanned way');
  return new Problem('internal');
}

function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code } = problem;
  request.problemCode = code;
  const { status } = problems[code];
  if (status === 401) reply.header('www-authenticate', 'Bearer error="invalid_token"');
  if (status === 503) reply.header('retry-after', '1');
  if (code === 'unsupported-encoding') reply.header('accept-encoding', 'identity');
  // Also where no hook has run: an address that is none.
  reply.header('cache-control', CACHE_CONTROL).header('vary', reply.getHeader('vary') ?? VARY);
  reply.header(REQUEST_ID_HEADER, request.id);
  return reply.code(status).type(PROBLEM_TYPE).send(problemDocument(problem, request.id));
}

function observe(app: FastifyInstance, meter: ApiMeter): void {
  app.addHook('onResponse', (request, reply, done) => {
    const durationMs = reply.elapsedTime;
    const { url = 'none', config } = request.routeOptions;
    const { labels } = cohortsOf(request);
    meter.served({ method: request.method, route: url, status: reply.statusCode, durationMs, labels });
    if (config.route !== undefined && !request.isStream)
      meter.answered(config.route, request.problemCode ?? 'ok', durationMs, labels);
    done();
  });
}
