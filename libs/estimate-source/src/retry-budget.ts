/** How many retries may be saved up while nothing fails. */
export const RETRIES_SAVED_MAX = 10;

/** Retries as a share of calls. */
export interface RetryBudget {
  /** A call went out for the first time, whatever becomes of it: the share comes back also while everything fails. */
  deposit(): void;
  /** @returns whether a retry may be made; then it is spent */
  withdraw(): boolean;
}

/**
 * A budget in tokens: each call brings `share` of a retry, each retry costs one. However much fails, upstream sees at most
 * 1 + `share` times the calls, and RETRIES_SAVED_MAX.
 *
 * @param share 0..1; 0: no retries
 */
export function createRetryBudget(share: number): RetryBudget {
  let saved = 0;
  return {
    deposit: () => void (saved = Math.min(RETRIES_SAVED_MAX, saved + share)),
    withdraw() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
