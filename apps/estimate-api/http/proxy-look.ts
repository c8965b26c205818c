import type { FastifyRequest } from 'fastify';
import type { ApiPorts } from './ports.ts';

/** An empty field says for nobody that it asks. */
const NAMES_SOMEBODY = /[^\s,]/;

/**
 * Tells once of a peer that says for whom it asks and is not believed: a balancer that TRUSTED_PROXIES does not name, behind which
 * everybody is one address, or a client that makes it up. Neither address is logged.
 */
export function createProxyLook(log: Pick<ApiPorts['log'], 'warn'>): (request: FastifyRequest) => void {
  let isTold = false;
  return ({ headers, ips }) => {
    if (isTold || !NAMES_SOMEBODY.test(String(headers['x-forwarded-for'] ?? ''))) return;
    // Of a peer that is believed, the addresses that it names follow its own.
    if (ips !== undefined && ips.length > 1) return;
    isTold = true;
    log.warn(
      { code: 'PROXY_NOT_TRUSTED' },
      'x-forwarded-for came from a peer that TRUSTED_PROXIES does not name, and was not believed: if it is a balancer or a ' +
        'gateway of ours, name its address or network there, or everybody behind it shares the limit of one address',
    );
  };
}
