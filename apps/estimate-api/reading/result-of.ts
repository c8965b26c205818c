import { answersViewer, type CachedEstimate } from '@porchlight/estimate-cache';
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

/** The status, and with `restricted` the role that is required. */
interface Verdict {
  readonly status: Status;
  readonly requiredRole: Role | null;
}

const plain = (status: Status): Verdict => ({ status, requiredRole: null });
const UNAVAILABLE = plain('unavailable');
const WITHHELD = plain('withheld');
const AVAILABLE = plain('available');
const NONE = plain('none');
const PENDING = plain('pending');

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
  return resultWith(propertyId, outcome, verdictOn(outcome, role, rules, onDoubt));
}

/**
 * `resultOf` for the homes of one answer that are decided in one go: what was decided of the one before holds for a home with the same facts that is known
 * to hold until the same instant, and most are that. Not to be kept over an await: rules change.
 */
export function createResultOf(
  role: Role,
  rules: RulesInUse,
  onDoubt: (doubt: Doubt) => void,
): (propertyId: string, outcome: Outcome) => HomeResult {
  let last: Outcome | null = null;
  let verdict = UNAVAILABLE;
  return (propertyId, outcome) => {
    if (last === null || !isDecidedLike(last, outcome)) {
      verdict = verdictOn(outcome, role, rules, onDoubt);
      last = verdict === WITHHELD ? null : outcome; // each doubt is counted
    }
    return resultWith(propertyId, outcome, verdict);
  };
}

/** Whether all that a decision looks at is the same. */
const isDecidedLike = (one: Outcome, other: Outcome): boolean =>
  one.kind === 'value' &&
  other.kind === 'value' &&
  one.asOfAt !== undefined &&
  one.asOfAt === other.asOfAt &&
  one.facts.status === other.facts.status &&
  one.facts.mlsId === other.facts.mlsId &&
  one.facts.overrideLevel === other.facts.overrideLevel &&
  (one.estimateJson === null) === (other.estimateJson === null);

function resultWith(propertyId: string, outcome: Outcome, { status, requiredRole }: Verdict): HomeResult {
  const estimateJson = status === 'available' && outcome.kind === 'value' ? outcome.estimateJson : null;
  const source = ('source' in outcome ? outcome.source : undefined) ?? 'miss';
  return { propertyId, status, requiredRole, estimateJson, source };
}

/**
 * Whether a cached value is a miss for this viewer: it holds facts alone, and by them the viewer may see the home.
 *
 * @param outcome of that value. No doubt is told: whoever is answered from it is decided once more
 */
export const isMissFor = (
  value: Pick<CachedEstimate, 'isFactsOnly'>,
  outcome: Outcome,
  role: Role,
  rules: RulesInUse,
): boolean => value.isFactsOnly && !answersViewer(value, verdictOn(outcome, role, rules, () => undefined) === PENDING);

/** It runs for each home of every hit: nothing is built but what names a role. */
function verdictOn(outcome: Outcome, role: Role, rules: RulesInUse, onDoubt: (doubt: Doubt) => void): Verdict {
  if (outcome.kind !== 'value' && outcome.kind !== 'facts') return plain(outcome.kind);
  const { facts } = outcome;
  const asOfAt = outcome.asOfAt ?? facts.checkedAt;
  if (!rules.isUsable(asOfAt) || asOfAt < rules.followedSinceAt(facts.mlsId)) return UNAVAILABLE;
  const decision = decide(role, facts, rules, asOfAt);
  if (decision.kind === 'withheld') {
    if (decision.doubt !== null) onDoubt(decision.doubt);
    return WITHHELD;
  }
  if (decision.kind === 'restricted') return { status: 'restricted', requiredRole: decision.requiredRole };
  if (outcome.kind === 'facts') return PENDING;
  return outcome.estimateJson === null ? NONE : AVAILABLE;
}
