import type { FastifyInstance, FastifyRequest } from 'fastify';
import { NO_COHORTS, type SessionCohorts } from '../flags/session-cohorts.ts';
import { sessionKeyOf } from '../viewer/session-key.ts';
import { headerOf } from '../viewer/viewer.ts';
import type { ApiPorts } from './ports.ts';

/**
 * Finds out which cohorts a request's session is in, for its reads and its metrics.
 *
 * The session key, an HMAC, is only made where it decides something. A call without a session is a session of its own: its
 * key is drawn here, and its viewport event carries the same, so that the forecaster deals it the same.
 */
export function dealOut(scope: FastifyInstance, ports: Pick<ApiPorts, 'flags' | 'sessionHmacKey'>): void {
  const { flags, sessionHmacKey } = ports;
  scope.addHook('onRequest', (request, _reply, done) => {
    if (flags.isSplit()) request.sessionKey = sessionKeyOf(headerOf(request.headers, 'x-session-id'), sessionHmacKey);
    request.cohorts = flags.of(request.sessionKey ?? '');
    done();
  });
}

/** @returns what the flags say of a request's session; of one that was refused before, nothing */
export const cohortsOf = ({ cohorts }: Pick<FastifyRequest, 'cohorts'>): SessionCohorts => cohorts ?? NO_COHORTS;
