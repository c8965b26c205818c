import type { Ticket } from '@porchlight/contracts';
import type { CacheConfig } from '../cache-config.ts';
import type { Flight } from '../home-state.ts';

/**
 * Does this ticket still belong to the home's flight?
 *
 * Epoch present: a flight that was evicted has forgotten its fences, so nothing may rely on it. Epoch equal: an
 * invalidation since then drew another one. Age: a flight that others kept alive must not honour a ticket that
 * should be long gone; one from the future was drawn before the clock stepped back, and would outlive its TTL.
 */
export function isTicketGood(
  flight: Flight | null,
  ticket: Pick<Ticket, 'epoch' | 'acquiredAt'>,
  now: number,
  config: CacheConfig,
): boolean {
  if (flight === null || flight.epoch !== ticket.epoch) return false;
  const ageMs = now - ticket.acquiredAt;
  return ageMs >= 0 && ageMs <= config.keepMs;
}
