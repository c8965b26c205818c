import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Role } from '@porchlight/visibility';
import type { ApiMeter, Route } from './api-meter.ts';
import { closeSilentSockets } from './close-silent-sockets.ts';
import { addDocuments } from './documents.ts';
import { addEstimateRoutes } from './estimate-routes.ts';
import { BODY_BYTES_MAX, KEEP_ALIVE_MS, PARAM_LENGTH_MAX, REQUEST_TIMEOUT_MS } from './limits.ts';
import { addMapRoutes } from './map-routes.ts';
import { addOperationRoutes } from './operation-routes.ts';
import type { ApiPorts } from './ports.ts';
import { Problem, problemDocument, PROBLEM_TYPE, problems, type ProblemCode } from './problem.ts';
import { problemOf } from './problem-of.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is looking; set before any route of /v1 runs. */
    role: Role;
    problemCode: ProblemCode | null;
  }
  interface FastifyContextConfig {
    /** The route's name in metrics. */
    route?: Route;
  }
}

/** The HTTP side of estimate-api, not listening yet. */
export async function createServer(ports: ApiPorts): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
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
    clientErrorHandler: (error, socket) => refuseBadHttp(error, socket),
  });
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    sendProblem(readProblem(error, request, ports), request, reply);
  app.decorateRequest('role', 'unregistered');
  app.decorateRequest('problemCode', null);
  app.setErrorHandler<FastifyError>((error, request, reply) => refuse(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendProblem(new Problem('unknown-route'), request, reply));
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'private, no-store');
    if (ports.isStopping()) reply.header('connection', 'close');
    done();
  });
  // Answers are written as text by their routes; their schemas are for readers, and nothing is compiled from them.
  app.setSerializerCompiler(() => JSON.stringify);
  closeSilentSockets(app, ports.clock);
  observe(app, ports.meter);
  addOperationRoutes(app, ports);
  const addRoutes = (scope: FastifyInstance): void => {
    addEstimateRoutes(scope, ports);
    addMapRoutes(scope, ports);
  };
  addDocuments(app, {
    addRoutes,
    notFound: (request, reply) => sendProblem(new Problem('unknown-route'), request, reply),
  });
  await app.register(async (scope) => {
    identify(scope, ports);
    addRoutes(scope);
  });
  return app;
}

/** Before anything else of a request is read: whoever may not come in costs no body and no validation. */
function identify(scope: FastifyInstance, { roleOf }: ApiPorts): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    try {
      const role = roleOf(request.headers);
      if (typeof role === 'string') {
        request.role = role;
        return done();
      }
      role.then((verified) => {
        request.role = verified;
        done();
      }, done);
    } catch (error) {
      done(error as Error);
    }
  });
}

function readProblem(error: unknown, request: FastifyRequest, { log, isStopping }: ApiPorts): Problem {
  const { validationContext } = error as { validationContext?: string };
  const part = validationContext === undefined ? undefined : request[validationContext as 'body' | 'query' | 'params'];
  const problem = problemOf(error, validationContext === 'querystring' ? request.query : part);
  if (problem !== null) return problem;
  if (isStopping()) return new Problem('stopping');
  log.error({ code: 'UNPLANNED', requestId: request.id, error }, 'a request failed in an unplanned way');
  return new Problem('internal');
}

function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code } = problem;
  request.problemCode = code;
  const { status } = problems[code];
  if (status === 401) reply.header('www-authenticate', 'Bearer error="invalid_token"');
  if (status === 503) reply.header('retry-after', '1');
  reply.header('cache-control', 'private, no-store');
  return reply.code(status).type(PROBLEM_TYPE).send(problemDocument(problem, request.id));
}

/** What was never a request: answered on the bare socket, which is then closed. */
function refuseBadHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const codes: Record<string, ProblemCode> = {
    HPE_HEADER_OVERFLOW: 'header-too-large',
    ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  };
  const problem = new Problem(codes[error.code ?? ''] ?? 'invalid-request');
  const body = problemDocument(problem, randomUUID());
  const head = [
    `HTTP/1.1 ${problems[problem.code].status} Refused`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: private, no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function observe(app: FastifyInstance, meter: ApiMeter): void {
  app.addHook('onResponse', (request, reply, done) => {
    const durationMs = reply.elapsedTime;
    const { url = 'none', config } = request.routeOptions;
    meter.served({ method: request.method, route: url, status: reply.statusCode, durationMs });
    if (config.route !== undefined) meter.answered(config.route, request.problemCode ?? 'ok', durationMs);
    done();
  });
}
