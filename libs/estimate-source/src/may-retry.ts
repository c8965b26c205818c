import { RETRY_LEFT_MS_MIN } from './limits.ts';
import { SourceUnavailable } from './source-errors.ts';

/** `no-use`: the same again, or paid for twice. */
export type RetryVerdict = 'retry' | 'no-use' | 'no-time' | 'no-budget';

/**
 * Whether a failed call is made once more; each branch says why.
 *
 * @param error      what the call threw
 * @param leftMs     what is left of the call's own time when the pause before the retry is over
 * @param withdraw   asked last, since it spends: a retry out of the budget
 */
export function mayRetry(error: unknown, leftMs: number, withdraw: () => boolean): RetryVerdict {
  // Not asked: the queue, the budget and the breaker have said no, and would again. A 429 is a pause, which a retry would break.
  // An answer that cannot be understood was a 200: it is billed, and a second one would be too.
  if (!(error instanceof SourceUnavailable)) return 'no-use';
  // It may have been billed: a time-out or a broken connection does not say whether the seller did the work.
  if (error.kind !== 'never-billed') return 'no-use';
  // An answer that comes after the lease is somebody else's to fetch, and would be paid for in vain.
  if (leftMs < RETRY_LEFT_MS_MIN) return 'no-time';
  return withdraw() ? 'retry' : 'no-budget';
}
