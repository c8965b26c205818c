import { decide, type Doubt, type Role, type RuleBook } from '@porchlight/visibility';
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
  isUsable(asOfAt?: number): boolean;
  /** Facts of a home of this MLS must be known to hold at this instant or later: before, other rules may have been in force. */
  followedSinceAt(mlsId: string | null): number;
}

/**
 * What this viewer is told about this home. Pure; called after the last await, so that a rule that turned stricter a
 * moment ago counts.
 */
export function resultOf(
  propertyId: string,
  outcome: Outcome,
  role: Role,
  rules: RulesInUse,
  onDoubt: (doubt: Doubt) => void = () => undefined,
): HomeResult {
  const source = outcome.kind === 'value' ? outcome.source : 'miss';
  const plain = (status: Status, requiredRole: Role | null = null): HomeResult => ({
    propertyId,
    status,
    requiredRole,
    estimateJson: null,
    source,
  });
  if (outcome.kind !== 'value' && outcome.kind !== 'facts') return plain(outcome.kind);
  const { facts } = outcome;
  const asOfAt = (outcome.kind === 'value' ? outcome.asOfAt : undefined) ?? facts.checkedAt;
  if (!rules.isUsable(asOfAt) || asOfAt < rules.followedSinceAt(facts.mlsId)) return plain('unavailable');
  const decision = decide(role, facts, rules, asOfAt);
  if (decision.kind === 'withheld') {
    if (decision.doubt !== null) onDoubt(decision.doubt);
    return plain('withheld');
  }
  if (decision.kind === 'restricted') return plain('restricted', decision.requiredRole);
  if (outcome.kind === 'facts') return plain('pending');
  return outcome.estimateJson === null ? plain('none') : { ...plain('available'), estimateJson: outcome.estimateJson };
}
