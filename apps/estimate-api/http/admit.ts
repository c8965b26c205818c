import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addressOf } from '../limits/address-of.ts';
import type { Account } from '../limits/port.ts';
import type { Viewer } from '../viewer/viewer.ts';
import { HOMES_PER_UNIT } from './limits.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problem.ts';
import { createProxyLook } from './proxy-look.ts';
import { secondsUntil, tellLimit } from './rate-limit-fields.ts';

type AdmitPorts = Pick<ApiPorts, 'viewerOf' | 'rateLimits' | 'web' | 'meter' | 'log'>;

const nothingHeld = (): void => undefined;

/**
 * Finds out who asks, and whether they may ask now, before anything else of a request is read: whoever may not come in costs no
 * body and no validation. Nothing is waited for but a token that was not seen before.
 *
 * Counted is the caller whom a token names, else the address: people behind one address do not pay for each other once they are
 * known. A token that has to be verified holds a unit of its address meanwhile, so that no burst of made-up ones has more looked at
 * than the address may ask.
 */
export function admitViewers(scope: FastifyInstance, ports: AdmitPorts): void {
  const { viewerOf, rateLimits } = ports;
  const lookAtProxy = createProxyLook(ports.log);
  scope.addHook('onRequest', (request, reply, done) => {
    let release = nothingHeld;
    const addressAccount = (): Account | null => {
      lookAtProxy(request);
      return rateLimits.accountOf('address', clientAddressOf(request));
    };
    const mayVerify = (): void => {
      const account = addressAccount();
      refuseExhausted(account, reply, ports);
      release = account?.hold() ?? nothingHeld;
    };
    const admit = (viewer: Viewer): void => {
      release();
      request.role = viewer.role;
      request.account =
        viewer.caller === null
          ? addressAccount()
          : rateLimits.accountOf(viewer.isService ? 'service' : 'caller', viewer.caller);
      refuseExhausted(request.account, reply, ports);
      charge(request, reply, 1, ports);
    };
    const refuse = (error: unknown): void => {
      release();
      if (error instanceof Problem) return done(error); // a limit is used up: nothing more is charged
      request.account = addressAccount();
      charge(request, reply, 1, ports);
      done(error as Error);
    };
    try {
      const viewer = viewerOf(request.headers, mayVerify);
      if (viewer instanceof Promise) {
        viewer.then(admit).then(() => done(), refuse);
        return;
      }
      admit(viewer);
    } catch (error) {
      return refuse(error);
    }
    done();
  });
}

/** Counts what a call costs beyond the one unit that each costs: HOMES_PER_UNIT homes are one paid call, if they are missing. */
export function chargeHomes(
  request: FastifyRequest,
  reply: FastifyReply,
  homes: number,
  ports: Pick<ApiPorts, 'web'>,
): void {
  const more = Math.ceil(homes / HOMES_PER_UNIT) - 1;
  if (more > 0) charge(request, reply, more, ports);
}

function charge(request: FastifyRequest, reply: FastifyReply, units: number, { web }: Pick<ApiPorts, 'web'>): void {
  const { account } = request;
  if (account === null) return;
  account.charge(units);
  tellLimit(reply, account, web.rateWindowSeconds);
}

function refuseExhausted(account: Account | null, reply: FastifyReply, { web, meter }: AdmitPorts): void {
  if (account === null || !account.isExhausted()) return;
  const { name } = account.policy;
  tellLimit(reply, account, web.rateWindowSeconds);
  reply.header('retry-after', secondsUntil(account.left().endsInMs));
  meter.limited(name);
  throw new Problem('rate-limited', `the limit "${name}" is used up; Retry-After says for how long`, {
    'violated-policies': [name],
  });
}

const clientAddressOf = ({ ip, socket }: FastifyRequest): string => {
  const own = socket.remoteAddress ?? '';
  return addressOf(ip ?? own, own);
};
