import type { MlsRule } from './level-of.ts';
import { stricterOf } from './role.ts';

/** What one poll brought. */
export interface RuleReading {
  readonly rules: readonly MlsRule[];
  /** The primary's clock after the snapshot of this reading: every change that the reading shows was committed before. */
  readonly seenAt: number;
  /** When the poll was sent and when its answer was here, by a clock of this process that goes on evenly; milliseconds. */
  readonly sentMs: number;
  readonly receivedMs: number;
}

/** A rule that was in force before the one that is. */
interface ReplacedRule {
  readonly rule: MlsRule;
  /** When this process first saw another in its place, by the primary's clock. */
  readonly seenReplacedAt: number;
  readonly forgetMs: number;
}

/** The rule of one MLS, as somebody knows it who looks at it now and then. */
export interface FollowedRule {
  readonly rule: MlsRule;
  readonly replaced: readonly ReplacedRule[];
  /**
   * Before this instant of the primary's clock this process cannot say which rule was in force: it had not started, or did not
   * see every version. What is not known to hold since must be checked before it is shown.
   */
  readonly followedSinceAt: number;
  readonly forgetMs: number;
}

/** Every rule, and what is known of the primary's clock. */
export interface FollowedRules {
  readonly byMls: ReadonlyMap<string, FollowedRule>;
  readonly last: Pick<RuleReading, 'seenAt' | 'sentMs'> | null;
  /** The latest that the primary's clock can have shown so far. */
  readonly clockMaxAt: number;
}

/** Before the first poll: nothing is known, so every MLS is unknown. */
export const NO_RULES: FollowedRules = { byMls: new Map(), last: null, clockMaxAt: Number.NEGATIVE_INFINITY };

/** Clocks that are right differ by this share of the time that passes, and instants are whole milliseconds. */
const DRIFT_SHARE = 0.001;
const ROUNDING_MS = 5;

/** The levels that both rules keep to. */
const strictestOf = (one: MlsRule, other: MlsRule): MlsRule => ({
  ...one,
  activeLevel: stricterOf(one.activeLevel, other.activeLevel),
  offMarketLevel: stricterOf(one.offMarketLevel, other.offMarketLevel),
});

/**
 * The rule to judge facts with. A tightening is in force at once. A loosening is in force for facts that are known to have
 * held after it was seen; for others the strictest since then: a home may have left the MLS before its rule became looser,
 * and then nobody was ever allowed to see it.
 *
 * @param asOfAt up to when the facts are known to hold, by the primary's clock
 */
export function ruleAsOf({ rule, replaced }: FollowedRule, asOfAt: number): MlsRule {
  let strictest = rule;
  for (const before of replaced) {
    if (before.seenReplacedAt > asOfAt) strictest = strictestOf(strictest, before.rule);
  }
  return strictest;
}

/**
 * Takes a poll's answer in: by ruleVersion, never backwards, in whatever order answers come. A rule that is missing from a
 * reading stays: rules are never deleted, so a short reading (a failover, a wrong replica) must not open what they close.
 *
 * @param keepMs how long it is remembered what was in force before: longer than anything is served unchecked
 */
export function takeReading(followed: FollowedRules, reading: RuleReading, keepMs: number): FollowedRules {
  const clockMaxAt = Math.max(followed.clockMaxAt, clockAtMost(followed.last, reading));
  const seenAt = Math.max(reading.seenAt, clockMaxAt); // after all that was dated before, also by a clock that was ahead
  const byMls = new Map<string, FollowedRule>();
  for (const [mlsId, held] of followed.byMls) byMls.set(mlsId, forgetOld(held, reading.receivedMs));
  for (const rule of reading.rules) {
    const held = byMls.get(rule.mlsId);
    const next = succeed(held, rule, { seenAt, forgetMs: reading.receivedMs + keepMs });
    if (next !== held) byMls.set(rule.mlsId, next);
  }
  return { byMls, last: { seenAt: reading.seenAt, sentMs: reading.sentMs }, clockMaxAt };
}

function succeed(
  held: FollowedRule | undefined,
  rule: MlsRule,
  { seenAt, forgetMs }: { seenAt: number; forgetMs: number },
): FollowedRule {
  if (held === undefined) return { rule, replaced: [], followedSinceAt: seenAt, forgetMs };
  if (rule.ruleVersion <= held.rule.ruleVersion) return held;
  const replaced = [...held.replaced, { rule: held.rule, seenReplacedAt: seenAt, forgetMs }];
  // A version was leapt over: it may have been stricter than all that were seen.
  const isGap = rule.ruleVersion > held.rule.ruleVersion + 1;
  return isGap ? { rule, replaced, followedSinceAt: seenAt, forgetMs } : { ...held, rule, replaced };
}

/** Nothing is served that is not known to hold for as long as that: what was before does not matter any more. */
function forgetOld(held: FollowedRule, nowMs: number): FollowedRule {
  const isSettled = held.forgetMs <= nowMs;
  const replaced = held.replaced.filter(({ forgetMs }) => forgetMs > nowMs);
  const isSame = replaced.length === held.replaced.length && !(isSettled && held.followedSinceAt > -Infinity);
  if (isSame) return held;
  return { ...held, replaced, followedSinceAt: isSettled ? Number.NEGATIVE_INFINITY : held.followedSinceAt };
}

/**
 * The latest that the primary's clock can have shown until this reading was here. It may have been set back since the last one
 * (a correction, a failover): then it shows instants a second time, and what was dated by the first is older than it seems.
 */
function clockAtMost(last: FollowedRules['last'], { receivedMs }: RuleReading): number {
  if (last === null) return Number.NEGATIVE_INFINITY;
  return last.seenAt + (receivedMs - last.sentMs) * (1 + DRIFT_SHARE) + ROUNDING_MS;
}
