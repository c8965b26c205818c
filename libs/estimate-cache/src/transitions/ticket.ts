import type { Ticket } from '@porchlight/contracts';
import type { Flight } from '../home-state.ts';

/**
 * Does this ticket still belong to the home's flight?
 *
 * Epoch present: a flight that was evicted has forgotten its fences, so nothing may rely on it. Epoch equal: while it
 * stands, every change since the ticket was drawn has met this flight, so its fences know them all, however old the
 * ticket is. One from the future was drawn before the clock stepped back: its value would outlive its TTL.
 */
export function isTicketGood(
  flight: Flight | null,
  ticket: Pick<Ticket, 'epoch' | 'acquiredAt'>,
  now: number,
): flight is Flight {
  if (flight === null || flight.epoch !== ticket.epoch) return false;
  return ticket.acquiredAt <= now;
}
