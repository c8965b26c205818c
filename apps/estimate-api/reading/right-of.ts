import type { Facts } from '@porchlight/contracts';
import { afterFacts, type Right } from '@porchlight/estimate-cache';
import { decide, type Role } from '@porchlight/visibility';
import type { RulesInUse } from './result-of.ts';

/**
 * What the winner of a lease may do once the facts are there, for a viewer of this role.
 *
 * @param factsFence the lowest version that the facts may have; 0: any
 */
export function rightOf(
  facts: Facts | undefined,
  { factsFence, role, rules }: { factsFence: number; role: Role; rules: RulesInUse },
): Right {
  return afterFacts(facts, {
    factsFence,
    judge: (known) => {
      if (!rules.isUsable()) return 'no-rules';
      return decide(role, known, rules).kind === 'allowed' ? 'pay' : 'unpaid';
    },
  });
}
