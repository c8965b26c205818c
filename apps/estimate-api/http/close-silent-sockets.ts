import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '@porchlight/stream';

/** How long a request that is on its way when the stop begins may take to arrive whole. */
export const ARRIVAL_GRACE_MS = 500;

/** A request and what it is answered with. */
type Exchange = readonly [IncomingMessage, ServerResponse];

/**
 * Lets no connection hold up a stop without a request of its own: Node closes kept-alive ones that are idle, but waits for
 * those that never sent anything, or sent half a request. They are cut off ARRIVAL_GRACE_MS after the stop began; whoever
 * asked a whole question gets its answer, and is then cut off too.
 */
export function closeSilentSockets(app: FastifyInstance, clock: Pick<Clock, 'after'>): void {
  const open = openSockets(app.server);
  app.addHook('preClose', (done) => {
    open.endWhenAnswered();
    clock.after(ARRIVAL_GRACE_MS, () => open.cutSilent());
    done();
  });
}

function openSockets(server: Server) {
  const exchanges = new Map<Socket, Set<Exchange>>();
  let isEnding = false;
  server.on('connection', (socket: Socket) => {
    exchanges.set(socket, new Set());
    socket.once('close', () => exchanges.delete(socket));
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    const exchange: Exchange = [request, response];
    exchanges.get(socket)?.add(exchange);
    response.once('close', () => {
      const left = exchanges.get(socket);
      left?.delete(exchange);
      if (isEnding && left?.size === 0) socket.destroySoon();
    });
  });
  return {
    endWhenAnswered: () => void (isEnding = true),
    cutSilent() {
      for (const [socket, asked] of exchanges) {
        if (![...asked].some(([request]) => request.complete)) socket.destroy();
      }
    },
  };
}
