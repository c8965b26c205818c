import { judgeLevel, type Doubt, type MlsRule, type VisibilityFacts } from './level-of.ts';
import { maySee, type Role } from './role.ts';

/** Where rules are looked up; a `Map` by mlsId is one. */
export interface RuleBook {
  /**
   * @param asOfAt up to when the facts to be judged are known to hold, by the primary's clock; without it, the strictest
   *               that may have to count
   */
  get(mlsId: string, asOfAt?: number): MlsRule | undefined;
}

/** `restricted` names the lowest role that may see the value; `withheld` means no role may. */
export type Decision =
  | { readonly kind: 'withheld'; readonly doubt: Doubt | null }
  | { readonly kind: 'restricted'; readonly requiredRole: Role }
  | { readonly kind: 'allowed' };

const ALLOWED: Decision = { kind: 'allowed' };

/**
 * Whether this viewer may see this home's estimate. Pure: facts in, answer out.
 *
 * @param role  who is looking
 * @param facts the facts in the value that would be shown, never fresher ones
 * @param rules the copy of the MLS rules in use
 * @param asOfAt up to when the facts are known to hold, by the primary's clock; by default when they were read
 */
export function decide(
  role: Role,
  facts: VisibilityFacts & { readonly checkedAt?: number },
  rules: RuleBook,
  asOfAt = facts.checkedAt,
): Decision {
  const { level, doubt } = judgeLevel(facts, facts.mlsId === null ? undefined : rules.get(facts.mlsId, asOfAt));
  if (level === 'nobody') return { kind: 'withheld', doubt };
  return maySee(role, level) ? ALLOWED : { kind: 'restricted', requiredRole: level };
}
