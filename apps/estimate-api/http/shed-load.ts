import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { BODY_BYTES_MAX } from './limits.ts';
import type { ApiPorts } from './ports.ts';
import { createRefusals, refusalBytes } from './refusal.ts';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.ts';
import { createUnparsedRefusals } from './unparsed-refusals.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Orchestrators ask these: a process that is busy is alive and ready, and killing it would leave less to answer with. */
const isHealth = (url = ''): boolean => /^\/(livez|readyz)(\?|$)/.test(url);

/**
 * Stands before everything else: whoever cannot be answered in time is told so before its token, its body or the cache is
 * looked at, and before the framework has made anything of it. Health is always answered, and at once.
 */
export function shedLoad({ server }: FastifyInstance, ports: Pick<ApiPorts, 'overload' | 'web' | 'isStopping'>): void {
  const { overload } = ports;
  const [answer] = server.listeners('request') as Answer[];
  if (answer === undefined) throw new Error('the framework answers no requests');
  const { refuse, unparsed } = refuseAtTheDoor(ports);
  const leave = (): void => overload.leave();
  server.on('connection', () => overload.connected());
  server.removeListener('request', answer);
  server.on('request', (request, response) => {
    unparsed.parsed(request, response);
    if (isHealth(request.url)) return answer(request, response);
    const verdict = overload.enter();
    if (verdict === 'full' || verdict === 'late') return refuse(request, response);
    response.on('close', leave);
    if (verdict === 'in') return answer(request, response);
    const asItCame = AsyncLocalStorage.snapshot(); // else it would be traced as part of another request
    overload.queue({
      answer: () => asItCame(answer, request, response),
      refuse: () => refuse(request, response),
      hasLeft: () => request.destroyed || response.destroyed,
    });
  });
}

/** Whether what still comes is worth reading to keep the connection. */
const isLong = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > BODY_BYTES_MAX;

/** Refuses who cannot be answered in time; on a connection that comes again after that, before the call is parsed. */
function refuseAtTheDoor({ overload, web, isStopping }: Pick<ApiPorts, 'overload' | 'web' | 'isStopping'>) {
  const refusalFor = createRefusals(web.corsOrigins);
  const unparsed = createUnparsedRefusals({
    now: () => performance.now(),
    turnsAway: () => !isStopping() && overload.turnsAway(), // who is told that we stop is told to hang up
    refusalOf: ({ requestId, origin }) =>
      refusalBytes(refusalFor({ requestId: requestIdOf({ [REQUEST_ID_HEADER]: requestId }), origin })),
  });
  const refuse: Answer = (request, response) => {
    const { headers } = request;
    const { status, fields, body } = refusalFor({ requestId: requestIdOf(headers), origin: headers.origin });
    const closes = isStopping() || isLong(request);
    if (closes) fields.push('connection', 'close');
    else unparsed.watch(request, response);
    response.writeHead(status, fields).end(body);
  };
  return { refuse, unparsed };
}
