import type { Facts, Level } from '@porchlight/contracts';
import { LEVELS, rankOf, type KnownLevel } from './role.ts';

/** Who may see the homes of one MLS. */
export interface MlsRule {
  readonly mlsId: string;
  readonly ruleVersion: number;
  readonly activeLevel: Level;
  readonly offMarketLevel: Level;
}

/** The part of the facts that decides. */
export type VisibilityFacts = Pick<Facts, 'status' | 'mlsId' | 'overrideLevel'>;

/** Why a level is `nobody` although nobody asked for that: something is not understood. Callers count these. */
export type Doubt = 'unknown-mls' | 'unknown-status' | 'unknown-level';

export interface JudgedLevel {
  readonly level: KnownLevel;
  /** null: every part was understood. */
  readonly doubt: Doubt | null;
}

const inDoubt = (doubt: Doubt): JudgedLevel => ({ level: 'nobody', doubt });

/**
 * The lowest role that may see a home's estimate, and whether that was certain.
 *
 * The stricter of the MLS rule for the listing status and the seller's override; a home without an MLS has no rule.
 * What is not understood hides the home: showing is the mistake that cannot be taken back.
 *
 * @param rule the rule of `facts.mlsId`; undefined: no such rule is known
 */
export function judgeLevel(facts: VisibilityFacts, rule: MlsRule | undefined): JudgedLevel {
  if (facts.status !== 'active' && facts.status !== 'off_market') return inDoubt('unknown-status');
  if (facts.mlsId !== null && rule?.mlsId !== facts.mlsId) return inDoubt('unknown-mls');
  const ruled = facts.mlsId === null || rule === undefined ? 'unregistered' : ruleLevel(facts.status, rule);
  const ranks = [rankOf(ruled), rankOf(facts.overrideLevel ?? 'unregistered')];
  if (ranks[0] === undefined || ranks[1] === undefined) return inDoubt('unknown-level');
  const level = LEVELS[Math.max(ranks[0], ranks[1])];
  return level === undefined ? inDoubt('unknown-level') : { level, doubt: null };
}

/** `judgeLevel` without the reason. */
export function levelOf(facts: VisibilityFacts, rule: MlsRule | undefined): KnownLevel {
  return judgeLevel(facts, rule).level;
}

const ruleLevel = (status: 'active' | 'off_market', rule: MlsRule): Level =>
  status === 'active' ? rule.activeLevel : rule.offMarketLevel;
