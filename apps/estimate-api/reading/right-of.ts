import type { Facts } from '@porchlight/contracts';
import { decide, type Role } from '@porchlight/visibility';
import type { RulesInUse } from './result-of.ts';

/**
 * What the winner of a lease may do once the facts are there.
 *
 * `unknown`: no such home. `behind`: the database answers with older facts than somebody has seen; nothing can be shown
 * safely. `no-rules`: the copy of the rules is too old to decide. `unpaid`: this viewer may not see the value, and a
 * viewer who may not see a value never causes a paid call. `pay`: fetch.
 */
export type Right =
  { readonly kind: 'unknown' } | { readonly kind: Exclude<RightKind, 'unknown'>; readonly facts: Facts };
export type RightKind = 'unknown' | 'behind' | 'no-rules' | 'unpaid' | 'pay';

/** @param factsFence the lowest version that the facts may have; 0: any */
export function rightOf(
  facts: Facts | undefined,
  { factsFence, role, rules }: { factsFence: number; role: Role; rules: RulesInUse },
): Right {
  if (facts === undefined) return { kind: 'unknown' };
  if (facts.visibilityVersion < factsFence) return { kind: 'behind', facts };
  if (!rules.isUsable()) return { kind: 'no-rules', facts };
  return { kind: decide(role, facts, rules).kind === 'allowed' ? 'pay' : 'unpaid', facts };
}
