import { compile } from '@fastify/proxy-addr';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { OpenSpan, Tracing } from '@porchlight/telemetry';
import { headerOf } from '../viewer/viewer.ts';
import type { ApiPorts } from './ports.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Absent while tracing is off. */
    trace?: OpenSpan | null;
  }
}

const SERVER_FAULT = 500;
const UNKNOWN_ROUTE = 'none';
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']);

/** A method that anybody could make up is no attribute. */
const methodOf = (method: string): string => (METHODS.has(method) ? method : '_OTHER');

type Origin = NonNullable<Parameters<Tracing['begin']>[2]>;

/** Where a request's span stands. What anybody but a proxy of ours names would choose for us what is recorded: it is linked, and no more. */
function createOriginOf({ trustedProxies }: ApiPorts['web']): (request: FastifyRequest) => Origin {
  const isTrusted = compile([...trustedProxies]);
  return ({ headers, socket: { remoteAddress } }) => {
    const traceparent = headerOf(headers, 'traceparent');
    if (traceparent === undefined) return {};
    const isOurs = remoteAddress !== undefined && isTrusted(remoteAddress, 0);
    return isOurs ? { parent: traceparent } : { links: [traceparent] };
  };
}

/**
 * Each request as a span, in the trace that a proxy of ours names. Off, no hook is added, and a request costs what it cost without this.
 *
 * What is awaited between the hooks runs under the span; once more after the body was read, because what reads it is the socket's and not ours.
 */
export function traceRequests(app: FastifyInstance, { tracing, web }: Pick<ApiPorts, 'tracing' | 'web'>): void {
  if (tracing === undefined || !tracing.isOn) return;
  const originOf = createOriginOf(web);
  app.decorateRequest('trace', null);
  app.addHook('onRequest', (request, _reply, done) => {
    const span = tracing.begin(
      'http.server',
      { 'http.request.method': methodOf(request.method), 'http.route': request.routeOptions.url ?? UNKNOWN_ROUTE },
      originOf(request),
    );
    request.trace = span;
    span.run(done);
  });
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.trace == null) done();
    else request.trace.run(done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    endOf(request, reply.statusCode);
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    request.trace?.end('CALLER_LEFT');
    done();
  });
}

function endOf(request: FastifyRequest, status: number): void {
  const { trace, problemCode } = request;
  if (trace?.isRecorded !== true) return;
  trace.set({ 'http.response.status_code': status, ...(problemCode === null ? {} : { 'error.type': problemCode }) });
  // A caller's mistake is no failure of ours.
  trace.end(status >= SERVER_FAULT ? { code: problemCode } : undefined);
}

/** @returns the trace that goes on from here; undefined while tracing is off: what a caller names is not passed on unseen */
export const traceparentOf = (request: FastifyRequest): string | undefined => request.trace?.traceparent;
