import type { CacheConfig } from '../cache-config.ts';
import { fullValue, settle, type Flight, type HomeState, type Step } from '../home-state.ts';
import type { AcquireAnswer, LeaseClass } from '../port.ts';
import { isLeaseHeld, leaseMsOf } from './lease.ts';

export interface AcquireCommand {
  readonly class: LeaseClass;
  readonly nonce: string;
  readonly newEpoch: string;
  /** null: asks only if nothing is cached. */
  readonly seenSoftExpiryAt: number | null;
}

/** A user never waits behind a warm-up; the same nonce is the same record, delivered again. */
function wins(flight: Flight, command: AcquireCommand, now: number, config: CacheConfig): boolean {
  if (!isLeaseHeld(flight.lease, now, config)) return true;
  if (flight.lease?.nonce === command.nonce) return true;
  return command.class === 's' && flight.lease?.class === 'w';
}

const newFlight = (epoch: string): Omit<Flight, 'expiresAt'> => ({
  epoch,
  factsFence: 0,
  estimateFence: 0,
  estimateFenceRoseAt: 0,
  lease: null,
});

/**
 * ACQUIRE: hit, or a ticket; with `win` the caller fetches, with `wait` somebody else does.
 *
 * Facts alone are no hit, whoever asks: who may not see the home by them has read them and does not ask.
 */
export function acquire(
  before: HomeState,
  command: AcquireCommand,
  now: number,
  config: CacheConfig,
): Step<AcquireAnswer> {
  const state = settle(before, now);
  const value = fullValue(state);
  const asksRefresh = command.seenSoftExpiryAt !== null && value?.softExpiryAt === command.seenSoftExpiryAt;
  if (value !== null && !asksRefresh) return { state, answer: { outcome: 'hit' } };

  const found = { ...(state.flight ?? newFlight(command.newEpoch)), expiresAt: now + config.keepMs };
  const isWin = wins(found, command, now, config);
  const lease = { nonce: command.nonce, endsAt: now + leaseMsOf(command.class, config), class: command.class };
  const flight = isWin ? { ...found, lease } : found;
  const ticket = {
    epoch: flight.epoch,
    nonce: command.nonce,
    acquiredAt: now,
    seenSoftExpiryAt: command.seenSoftExpiryAt,
  };
  const answer = { outcome: isWin ? 'win' : 'wait', ticket, factsFence: flight.factsFence } as const;
  return { state: { ...state, flight }, answer };
}
