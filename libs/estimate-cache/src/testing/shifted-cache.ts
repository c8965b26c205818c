import type { Ticket } from '@porchlight/contracts';
import { plainEstimateOf } from '../cached-estimate.ts';
import type { Flight, StoredValue } from '../home-state.ts';
import { PROPERTY_ID } from '../keys.ts';
import type { AcquireAnswer, CachedEstimate, EstimateCache, FillAnswer } from '../port.ts';

/** Moves every instant by so much; 0 stays "never". */
export const shiftValue = (value: StoredValue, ms: number): StoredValue => ({
  ...value,
  acquiredAt: value.acquiredAt + ms,
  softExpiryAt: value.softExpiryAt + ms,
  hardExpiryAt: value.hardExpiryAt + ms,
});
export const shiftFlight = (flight: Flight, ms: number): Flight => ({
  ...flight,
  estimateFenceRoseAt: flight.estimateFenceRoseAt === 0 ? 0 : flight.estimateFenceRoseAt + ms,
  lease: flight.lease && { ...flight.lease, endsAt: flight.lease.endsAt + ms },
  expiresAt: flight.expiresAt + ms,
});
const shiftTicket = (ticket: Ticket, ms: number): Ticket => ({
  ...ticket,
  acquiredAt: ticket.acquiredAt + ms,
  seenSoftExpiryAt: ticket.seenSoftExpiryAt === null ? null : ticket.seenSoftExpiryAt + ms,
});
const shiftCached = (cached: CachedEstimate, ms: number): CachedEstimate => ({
  ...plainEstimateOf(cached),
  acquiredAt: cached.acquiredAt + ms,
  softExpiryAt: cached.softExpiryAt + ms,
  hardExpiryAt: cached.hardExpiryAt + ms,
});
const shiftFill = (answer: FillAnswer, ms: number): FillAnswer =>
  'stored' in answer ? { ...answer, stored: shiftCached(answer.stored, ms) } : answer;
const shiftAcquire = (answer: AcquireAnswer, ms: number): AcquireAnswer =>
  answer.outcome === 'hit' ? answer : { ...answer, ticket: shiftTicket(answer.ticket, ms) };

/** The cache as seen at the world's time, which is `aheadMs()` later than the server's. */
export function translated(inner: EstimateCache, aheadMs: () => number, seen: Set<string>): EstimateCache {
  const note = <R extends { readonly propertyId: string }>(requests: readonly R[]): readonly R[] => {
    for (const { propertyId } of requests) if (PROPERTY_ID.test(propertyId)) seen.add(propertyId);
    return requests;
  };
  return {
    ...inner,
    read: async (ids) => (await inner.read(ids)).map((cached) => cached && shiftCached(cached, aheadMs())),
    acquire: async (requests, leaseClass) => {
      const theirs = note(requests).map(({ seenSoftExpiryAt, ...request }) =>
        seenSoftExpiryAt === undefined ? request : { ...request, seenSoftExpiryAt: seenSoftExpiryAt - aheadMs() },
      );
      return (await inner.acquire(theirs, leaseClass)).map((answer) => shiftAcquire(answer, aheadMs()));
    },
    fill: async (requests) => {
      const theirs = note(requests).map((each) => ({ ...each, ticket: shiftTicket(each.ticket, -aheadMs()) }));
      return (await inner.fill(theirs)).map((answer) => shiftFill(answer, aheadMs()));
    },
    recheck: (requests) =>
      inner.recheck(requests.map((each) => ({ ...each, ticket: shiftTicket(each.ticket, -aheadMs()) }))),
  };
}
