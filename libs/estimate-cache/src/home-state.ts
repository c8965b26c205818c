import type { Facts } from '@porchlight/contracts';
import type { LeaseClass } from './port.ts';

/** What `:v` holds. Plain data without methods: a model checker compares and hashes it. Instants are UTC milliseconds. */
export interface StoredValue {
  readonly class: LeaseClass;
  readonly facts: Facts;
  /** Nobody has looked for the estimate: its version and its bytes are null and say nothing, least of all `none`. */
  readonly isFactsOnly: boolean;
  /** null for a fetched `none`; a withdrawn estimate keeps the version that withdrew it. */
  readonly estimateVersion: number | null;
  /** When the ticket behind the estimate half was drawn; of a facts-only value, the ticket behind it. */
  readonly acquiredAt: number;
  readonly softExpiryAt: number;
  readonly hardExpiryAt: number;
  /** The bytes that a client gets, or null: there is none. */
  readonly estimateJson: string | null;
}

export interface Lease {
  readonly nonce: string;
  readonly endsAt: number;
  /** A back-off lease has class `s`: neither a user nor a warm-up takes it away. */
  readonly class: LeaseClass;
}

/** What `:m` holds: it exists only around misses. */
export interface Flight {
  readonly epoch: string;
  /** Lowest facts version that a fill may carry; 0: any. */
  readonly factsFence: number;
  /** Lowest estimate version that a fill may carry; 0: any. */
  readonly estimateFence: number;
  /** When the estimate fence rose last; 0: never. A fetched `none` has no version, so its ticket must be younger. */
  readonly estimateFenceRoseAt: number;
  readonly lease: Lease | null;
  readonly expiresAt: number;
}

/** Both keys of one home. `unreadable`: a value of another format, or somebody else's; it counts as absent. */
export interface HomeState {
  readonly value: StoredValue | 'unreadable' | null;
  readonly flight: Flight | null;
}

export const emptyHome: HomeState = { value: null, flight: null };

/** What a command leaves behind, and what it answers. */
export interface Step<A> {
  readonly state: HomeState;
  readonly answer: A;
}

/** The home as Redis shows it at `now`: a key is gone after its expiry, not at it. */
export function settle(state: HomeState, now: number): HomeState {
  const isValueGone = state.value !== null && state.value !== 'unreadable' && state.value.hardExpiryAt < now;
  const isFlightGone = state.flight !== null && state.flight.expiresAt < now;
  if (!isValueGone && !isFlightGone) return state;
  return { value: isValueGone ? null : state.value, flight: isFlightGone ? null : state.flight };
}

/** The value that a command may reason about; null if there is none or nobody can read it. */
export const readableValue = (state: HomeState): StoredValue | null =>
  state.value === 'unreadable' ? null : state.value;

/** The value for whoever is after the estimate: one that holds facts only is none. */
export const fullValue = (state: HomeState): StoredValue | null => {
  const value = readableValue(state);
  return value?.isFactsOnly === true ? null : value;
};
