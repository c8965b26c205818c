import type { Ticket } from '@porchlight/contracts';
import { fullValue, settle, type HomeState } from '../home-state.ts';
import { isTicketGood } from './ticket.ts';

export interface RecheckCommand {
  readonly ticket: Ticket;
  readonly visibilityVersion: number;
}

/** Would this ticket's fill be worth its price? Writes nothing. The lease counts by its nonce, also after its end. */
export function recheck(before: HomeState, command: RecheckCommand, now: number): boolean {
  const state = settle(before, now);
  const { ticket, visibilityVersion } = command;
  if (!isTicketGood(state.flight, ticket, now)) return false;
  if (visibilityVersion < state.flight.factsFence || state.flight.lease?.nonce !== ticket.nonce) return false;
  const value = fullValue(state);
  return value === null || value.softExpiryAt === ticket.seenSoftExpiryAt;
}
