import { decide, type Role, type RuleBook } from '@porchlight/visibility';
import type { AnswerSource, Outcome } from './outcome.ts';

/** Every status, in order of precedence (design.md section 4). */
export const STATUSES = ['unknown', 'withheld', 'restricted', 'none', 'available', 'pending', 'unavailable'] as const;
export type Status = (typeof STATUSES)[number];

/** One home of an answer. `estimateJson` is there exactly if `status` is `available`. */
export interface HomeResult {
  readonly propertyId: string;
  readonly status: Status;
  readonly requiredRole: Role | null;
  readonly estimateJson: Buffer | null;
  readonly source: AnswerSource;
}

/** The copy of the MLS rules in use; one that is too old decides nothing. */
export interface RulesInUse extends RuleBook {
  isUsable(): boolean;
}

/**
 * What this viewer is told about this home. Pure; called after the last await, so that a rule that turned stricter a
 * moment ago counts.
 */
export function resultOf(propertyId: string, outcome: Outcome, role: Role, rules: RulesInUse): HomeResult {
  const source = outcome.kind === 'value' ? outcome.source : 'miss';
  const plain = (status: Status, requiredRole: Role | null = null): HomeResult => ({
    propertyId,
    status,
    requiredRole,
    estimateJson: null,
    source,
  });
  if (outcome.kind !== 'value' && outcome.kind !== 'facts') return plain(outcome.kind);
  if (!rules.isUsable()) return plain('unavailable');
  const decision = decide(role, outcome.facts, rules);
  if (decision.kind === 'withheld') return plain('withheld');
  if (decision.kind === 'restricted') return plain('restricted', decision.requiredRole);
  if (outcome.kind === 'facts') return plain('pending');
  return outcome.estimateJson === null ? plain('none') : { ...plain('available'), estimateJson: outcome.estimateJson };
}
