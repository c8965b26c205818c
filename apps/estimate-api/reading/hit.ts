import { afterRead, type CachedEstimate, type Freshness } from '@porchlight/estimate-cache';
import type { AnswerSource, Outcome } from './outcome.ts';

/** What a cached value answers: facts alone answer no more than who may not see the home (`isMissFor`). `source` is given where the value came only after a wait: then it is a miss. */
export function outcomeOfHit(
  value: CachedEstimate,
  { softExpired, asOfAt }: Pick<Freshness, 'softExpired' | 'asOfAt'>,
  source: AnswerSource = value.class === 'w' ? 'warm_hit' : 'hit',
): Outcome {
  const { facts, estimateJson, softExpiryAt } = value;
  if (value.isFactsOnly) return { kind: 'facts', facts, source, asOfAt };
  const outcome = { kind: 'value', facts, estimateJson, source, asOfAt } as const;
  return softExpired ? { ...outcome, seenSoftExpiryAt: softExpiryAt } : outcome;
}

/** `serve`; `serve-and-check`: and its facts are read again behind the answer; `wait`: they are read again first. */
export type HitNext = 'serve' | 'serve-and-check' | 'wait';

/**
 * What is to be done with a cached value.
 *
 * @param isDatabaseAway one that is away is asked behind the answer's back only: it would cost each answer its deadline
 */
export function nextOfHit(freshness: Freshness, isDatabaseAway: () => boolean): HitNext {
  const next = afterRead(freshness);
  if (next === 'serve' || next === 'serve-and-check') return next;
  return isDatabaseAway() && freshness.isServableUnchecked ? 'serve-and-check' : 'wait';
}
