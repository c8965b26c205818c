import type { CacheConfig } from '../cache-config.ts';
import { settle, type HomeState, type Step } from '../home-state.ts';
import { BACK_OFF_NONCE } from './lease.ts';

export interface ReleaseCommand {
  readonly nonce: string;
  /** After an upstream error: nobody tries this home for retryMs. */
  readonly backOff: boolean;
}

/** RELEASE: gives this nonce's lease up. Somebody else's stays. */
export function release(before: HomeState, command: ReleaseCommand, now: number, config: CacheConfig): Step<null> {
  const state = settle(before, now);
  if (state.flight === null || state.flight.lease?.nonce !== command.nonce) return { state, answer: null };
  const backOffLease = { nonce: BACK_OFF_NONCE, endsAt: now + config.retryMs, class: 's' } as const;
  const flight = { ...state.flight, lease: command.backOff ? backOffLease : null };
  return { state: { ...state, flight }, answer: null };
}
