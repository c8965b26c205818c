import type { FastifyInstance } from 'fastify';
import type { Clock } from '@porchlight/stream';

/** How often room is made at most: whoever was just let go may come again at once. */
export const MAKE_ROOM_MS = 1_000;

export interface Guarded {
  readonly connectionsMax: number;
  readonly clock: Pick<Clock, 'now'>;
  /** Told of each connection that was turned away. */
  readonly onTurnedAway: () => void;
}

/**
 * Bounds how many are connected. At the bound a connection is closed as it comes, and those that have been answered and are only
 * kept alive are let go, so that whoever holds many of them shuts nobody out for longer than a moment. Silent ones are the
 * time-outs' business.
 */
export function guardConnections(app: FastifyInstance, { connectionsMax, clock, onTurnedAway }: Guarded): void {
  const { server } = app;
  let madeRoomAt = Number.NEGATIVE_INFINITY;
  server.maxConnections = connectionsMax;
  server.on('drop', () => {
    onTurnedAway();
    const sinceMs = clock.now() - madeRoomAt;
    if (sinceMs >= 0 && sinceMs < MAKE_ROOM_MS) return; // below 0: the clock was set back
    madeRoomAt = clock.now();
    server.closeIdleConnections();
  });
  // An expectation that is not "100-continue" may be ignored (RFC 9110, 10.1.1); Node would answer without a problem document.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}
