import type { SourceClock } from './fleet-budget.ts';
import { SYNC_TIMEOUT_MS } from './limits.ts';
import type { EstimateSource, FetchOptions, SourceAnswer } from './port.ts';
import { createRetryBudget } from './retry-budget.ts';
import { SourceNotAsked } from './source-errors.ts';

/** What became of a second call: it answered first, the first one did, both failed, or it was not let out and cost nothing. */
export type HedgeOutcome = 'won' | 'lost' | 'failed' | 'refused';

export interface HedgingOptions {
  /** Second calls as a share of users' calls, 0..1; each is billed. 0: none. */
  readonly share: number;
  /** How long the first call has been silent when a second one goes out, milliseconds; about the p95 of calls. */
  readonly afterMs: number;
  readonly clock: Pick<SourceClock, 'after'>;
  readonly onHedged?: (outcome: HedgeOutcome) => void;
}

/**
 * Asks once more when an answer is late, and takes what comes first; the other call is ended, and billed all the same. For users
 * alone: nobody waits for the rest. Both calls keep to the discipline beneath, so a second one draws from the fleet's budget and
 * is not made where a first one would not be. It has what is left of the first one's time: nobody waits longer than without.
 */
export function hedgingSource(source: EstimateSource, options: HedgingOptions): EstimateSource {
  const { share, afterMs, clock, onHedged = () => undefined } = options;
  if (share <= 0) return source;
  const budget = createRetryBudget(share);
  return {
    fetch(propertyIds, fetchOptions = {}) {
      const { timeoutMs = SYNC_TIMEOUT_MS, lane = 'user' } = fetchOptions;
      if (lane !== 'user' || afterMs >= timeoutMs) return source.fetch(propertyIds, fetchOptions);
      budget.deposit();
      const ask = (leftMs: number, signal: AbortSignal): Promise<SourceAnswer> =>
        source.fetch(propertyIds, { ...fetchOptions, timeoutMs: leftMs, signal: eitherOf(fetchOptions, signal) });
      return firstAnswer({
        first: (signal) => ask(timeoutMs, signal),
        second: (signal) => ask(timeoutMs - afterMs, signal),
        maySecond: () => budget.withdraw(),
        afterMs,
        clock,
        onHedged,
      });
    },
  };
}

const eitherOf = ({ signal }: FetchOptions, own: AbortSignal): AbortSignal =>
  signal === undefined ? own : AbortSignal.any([signal, own]);

interface Race extends Required<Pick<HedgingOptions, 'afterMs' | 'clock' | 'onHedged'>> {
  readonly first: (signal: AbortSignal) => Promise<SourceAnswer>;
  readonly second: (signal: AbortSignal) => Promise<SourceAnswer>;
  readonly maySecond: () => boolean;
}

/** @throws what the first call threw, unless the second one answers; a second one that was refused is as if it had not been */
async function firstAnswer({ first, second, maySecond, afterMs, clock, onHedged }: Race): Promise<SourceAnswer> {
  const ends = [new AbortController(), new AbortController()] as const;
  const { promise: late, resolve: isLate } = Promise.withResolvers<'late'>();
  const timer = clock.after(afterMs, () => isLate('late'));
  const one = first(ends[0].signal);
  try {
    const answer = await Promise.race([one, late]);
    if (answer !== 'late') return answer;
  } finally {
    timer.cancel();
  }
  if (!maySecond()) return await one;
  const tell = once(onHedged);
  const other = second(ends[1].signal);
  other.catch((error: unknown) => error instanceof SourceNotAsked && tell('refused'));
  try {
    const [outcome, answer] = await Promise.any([
      one.then((found) => ['lost', found] as const),
      other.then((found) => ['won', found] as const),
    ]);
    ends[outcome === 'won' ? 0 : 1].abort();
    tell(outcome);
    return answer;
  } catch {
    tell('failed');
    return await one;
  }
}

/** One second call has one outcome: whatever is told first. */
function once(onHedged: Race['onHedged']): Race['onHedged'] {
  let isTold = false;
  return (outcome) => {
    if (!isTold) onHedged(outcome);
    isTold = true;
  };
}
