import type { Facts } from '@porchlight/contracts';

/** What whoever may decide says of the money: `no-rules`, nobody can tell; `unpaid`, who asks may not see it. */
export type PayJudgement = 'pay' | 'unpaid' | 'no-rules';

/**
 * What the holder of a ticket does once the facts are there.
 *
 * `unknown`: no such home; FORGET. `behind`: the database answers with older facts than somebody has seen, so nothing can
 * be shown safely; RELEASE. `no-rules`: the copy of the rules is too old to decide; RELEASE. `unpaid`: whoever may not see
 * a value never causes a paid call; FILL with the facts alone. `pay`: fetch.
 */
export type Right = { readonly kind: 'unknown' } | { readonly kind: 'behind' | PayJudgement; readonly facts: Facts };

/**
 * Pure. The facts must have been read after the ticket was drawn.
 *
 * @param facts      undefined: no such home
 * @param factsFence the lowest version that the facts may have; 0: any
 * @param judge      asked only for facts that may be used
 */
export function afterFacts(
  facts: Facts | undefined,
  { factsFence, judge }: { readonly factsFence: number; readonly judge: (facts: Facts) => PayJudgement },
): Right {
  if (facts === undefined) return { kind: 'unknown' };
  if (facts.visibilityVersion < factsFence) return { kind: 'behind', facts };
  return { kind: judge(facts), facts };
}
