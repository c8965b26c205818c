import type { SourceClock } from './fleet-budget.ts';
import { RETRY_PAUSE_MS_MAX, SYNC_TIMEOUT_MS } from './limits.ts';
import { mayRetry, type RetryVerdict } from './may-retry.ts';
import type { EstimateSource, SourceAnswer } from './port.ts';
import { createRetryBudget } from './retry-budget.ts';
import { SourceNotAsked, SourceUnavailable } from './source-errors.ts';

export interface RetryOptions {
  /** Retries as a share of calls, 0..1. */
  readonly retryShare: number;
  readonly clock: SourceClock;
  /** Told of each call that failed: whether it is made again, or why not. */
  readonly onFailed?: (verdict: RetryVerdict) => void;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/**
 * Makes a call that failed once more, if that costs nothing twice and its own time allows it: the retry has what is left of
 * `timeoutMs`, so a caller never waits longer than without. At most one retry a call, and a share of all calls in all.
 */
export function retryingSource(source: EstimateSource, options: RetryOptions): EstimateSource {
  const { clock, onFailed, random = Math.random } = options;
  const budget = createRetryBudget(options.retryShare);

  const tryAgain = async (failed: unknown, again: () => Promise<SourceAnswer>): Promise<SourceAnswer> => {
    try {
      return await again();
    } catch (error) {
      // Upstream was asked, and its caller must know: who was not asked leaves no back-off behind.
      throw error instanceof SourceNotAsked ? failed : error;
    }
  };
  return {
    async fetch(propertyIds, options = {}) {
      const { timeoutMs = SYNC_TIMEOUT_MS, signal } = options;
      const askedAt = clock.now();
      try {
        const answer = await source.fetch(propertyIds, { ...options, timeoutMs });
        budget.deposit();
        return answer;
      } catch (error) {
        if (error instanceof SourceNotAsked) throw error;
        budget.deposit();
        const pauseMs = pauseBefore(error, random());
        const leftMs = timeoutMs - Math.max(0, clock.now() - askedAt) - pauseMs;
        const verdict = signal?.aborted === true ? 'no-use' : mayRetry(error, leftMs, () => budget.withdraw());
        onFailed?.(verdict);
        if (verdict !== 'retry') throw error;
        await new Promise<void>((resolve) => void clock.after(pauseMs, resolve));
        return await tryAgain(error, () => source.fetch(propertyIds, { ...options, timeoutMs: leftMs }));
      }
    },
  };
}

/** At least what upstream asked for; jittered, so that those who failed together do not come back together. */
function pauseBefore(error: unknown, random: number): number {
  const askedForMs = error instanceof SourceUnavailable ? error.retryAfterMs : 0;
  return askedForMs + Math.round(random * RETRY_PAUSE_MS_MAX);
}
