import type { CachedEstimate, Freshness } from '@porchlight/estimate-cache';
import type { AnswerSource, Outcome } from './outcome.ts';

/** What a cached value answers. `source` is given where the value came only after a wait: then it is a miss. */
export function outcomeOfHit(
  value: CachedEstimate,
  { softExpired, asOfAt }: Pick<Freshness, 'softExpired' | 'asOfAt'>,
  source: AnswerSource = value.class === 'w' ? 'warm_hit' : 'hit',
): Outcome {
  const { facts, estimateJson, softExpiryAt } = value;
  const outcome = { kind: 'value', facts, estimateJson, source, asOfAt } as const;
  return softExpired ? { ...outcome, seenSoftExpiryAt: softExpiryAt } : outcome;
}
