import type { Facts, Ticket } from '@porchlight/contracts';
import { leavesBackOff } from '@porchlight/estimate-cache';
import { NOT_ASKED_CODES, SOURCE_ITEMS_MAX, SourceOverloaded } from '@porchlight/estimate-source';
import type { Role } from '@porchlight/visibility';
import { chunksOf } from './chunks-of.ts';
import { codeOf } from './code-of.ts';
import { createFiller, type Fetched } from './fill.ts';
import type { Flight } from './flights.ts';
import { UPSTREAM_MS_MIN } from './limits.ts';
import { PENDING, UNAVAILABLE, UNKNOWN } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';
import { rightOf } from './right-of.ts';

/** No call went out: this process was too busy, or upstream is to be left alone. */
const wasNotAsked = (code: string): boolean => NOT_ASKED_CODES.some((each) => each === code);

/** A lease that this process won: the right, and the duty, to fetch or to give it back. */
export interface Win {
  readonly flight: Flight;
  readonly ticket: Ticket;
  /** The lowest facts version that may be used; 0: any. */
  readonly factsFence: number;
}

type PaidWin = Win & { readonly facts: Facts };

export type PayPorts = Pick<
  ReadingPorts,
  'cache' | 'catalog' | 'source' | 'rules' | 'jsonOf' | 'meter' | 'log' | 'clock' | 'limits'
>;

/**
 * Does what leases were won for: the facts first, then the estimate, then FILL. That order is the protocol's: facts read
 * after the ticket was drawn are never older than what an INVALIDATE under its epoch removed. Where the viewer may not see the home
 * nothing is paid, and the facts are filled alone: the next one who may not see it is answered from them. Lands every flight.
 */
export function createPayer(ports: PayPorts): (wins: readonly Win[], role: Role) => Promise<void> {
  const { catalog, rules, log, clock } = ports;
  const leases = createLeases(ports.cache);
  const fill = createFiller(ports);
  const fetchAndFill = createFetch(ports, leases, fill);

  return async (wins, role) => {
    if (wins.length === 0) return;
    const wonAt = clock.now();
    const found = await catalog.factsOf(wins.map(({ flight }) => flight.propertyId)).catch(() => null);
    if (found === null) {
      await leases.release(wins, { backOff: true });
      for (const { flight } of wins) flight.land(PENDING);
      return;
    }
    const unknown: Win[] = [];
    const unsafe: Win[] = [];
    const unpaid: Fetched[] = [];
    const paid: PaidWin[] = [];
    for (const win of wins) {
      const right = rightOf(found.get(win.flight.propertyId), { factsFence: win.factsFence, role, rules });
      if (right.kind === 'pay') win.flight.learn(right.facts);
      if (right.kind === 'unknown') unknown.push(win);
      else if (right.kind === 'unpaid') unpaid.push({ ...win, facts: right.facts, estimate: 'unknown' });
      else if (right.kind === 'pay') paid.push({ ...win, facts: right.facts });
      else unsafe.push(win);
      if (right.kind === 'behind') {
        log.error(
          { code: 'FACTS_BEHIND_FENCE', factsFence: win.factsFence },
          'the database answers with older facts than the cache has seen',
        );
      }
    }
    await Promise.all([
      leases.forget(unknown).then(() => unknown.forEach(({ flight }) => flight.land(UNKNOWN))),
      leases.release(unsafe, { backOff: false }).then(() => unsafe.forEach(({ flight }) => flight.land(UNAVAILABLE))),
      // The lease is given back before the flight lands: whoever joined and may pay asks for it at once.
      unpaid.length > 0 ? fill(unpaid) : undefined,
      ...chunksOf(paid, SOURCE_ITEMS_MAX).map((chunk) => fetchAndFill(chunk, wonAt)),
    ]);
  };
}

/** One upstream call for at most 100 homes, and what becomes of it. */
function createFetch(ports: PayPorts, leases: ReturnType<typeof createLeases>, fill: ReturnType<typeof createFiller>) {
  const { source, meter, clock, limits } = ports;
  return async (wins: readonly PaidWin[], wonAt: number): Promise<void> => {
    let fetched: Fetched[];
    try {
      // What a slow database took is gone: an answer after the lease may be paid for once more by somebody else.
      const timeoutMs = limits.upstreamMs - Math.max(0, clock.now() - wonAt);
      if (timeoutMs < Math.min(UPSTREAM_MS_MIN, limits.upstreamMs / 2))
        throw new SourceOverloaded('the facts took the time for it');
      const { estimates } = await source.fetch(
        wins.map(({ flight }) => flight.propertyId),
        { timeoutMs },
      );
      fetched = wins.map((win) => ({ ...win, estimate: estimates.get(win.flight.propertyId) ?? null }));
      meter.called('ok', 'sync');
    } catch (error) {
      const code = codeOf(error);
      meter.called(code, 'sync');
      await leases.release(wins, { backOff: leavesBackOff(wasNotAsked(code) ? 'not-asked' : 'failed') });
      for (const { flight, facts } of wins) flight.land({ kind: 'facts', facts });
      return;
    }
    await fill(fetched);
  };
}

/** Gives leases back; one that cannot be given back (no Redis) lapses by itself. */
function createLeases(cache: PayPorts['cache']) {
  return {
    async release(wins: readonly Win[], { backOff }: { backOff: boolean }): Promise<void> {
      if (wins.length === 0) return;
      const leases = wins.map(({ flight, ticket }) => ({
        propertyId: flight.propertyId,
        nonce: ticket.nonce,
        backOff,
      }));
      await cache.release(leases).catch(() => undefined);
    },
    async forget(wins: readonly Win[]): Promise<void> {
      if (wins.length === 0) return;
      const flights = wins.map(({ flight, ticket }) => ({ propertyId: flight.propertyId, epoch: ticket.epoch }));
      await cache.forget(flights).catch(() => undefined);
    },
  };
}
