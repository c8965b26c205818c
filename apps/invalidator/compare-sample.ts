import type { Facts } from '@porchlight/contracts';
import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { AppliedChange } from './invalidator.task.ts';

/**
 * How a cached value can be wrong. `below_fence`: older than a change that was applied, which no fill, failover or clock
 * may bring about. `differs`: the version of the primary with other facts. `ahead`: newer than the primary, which has lost
 * something. `unknown_home`: the primary has no such home. `behind`: older than the primary said a while ago.
 */
export type Inconsistency = 'below_fence' | 'differs' | 'ahead' | 'unknown_home' | 'behind';

/** `older`: the primary has just moved on, which is an inconsistency only if it lasts. */
export type Comparison = 'absent' | 'consistent' | 'older' | Exclude<Inconsistency, 'behind'>;

const isBelowFence = (value: CachedEstimate, { half, version }: AppliedChange): boolean =>
  half === 'facts'
    ? value.facts.visibilityVersion < version
    : value.estimateVersion !== null && value.estimateVersion < version;

const areSameFacts = (one: Facts, other: Facts): boolean =>
  one.status === other.status && one.mlsId === other.mlsId && one.overrideLevel === other.overrideLevel;

/**
 * Pure: what is cached of a home after a change of it was applied, against what the primary says.
 *
 * @param value  read first
 * @param truth  read after it, so that it can only be newer; undefined: the primary has no such home
 */
export function compareSample(
  change: AppliedChange,
  value: CachedEstimate | null,
  truth: Facts | undefined,
): Comparison {
  if (value === null) return 'absent';
  if (isBelowFence(value, change)) return 'below_fence';
  if (truth === undefined) return 'unknown_home';
  const [cached, current] = [value.facts.visibilityVersion, truth.visibilityVersion];
  if (cached > current) return 'ahead';
  if (cached < current) return 'older';
  return areSameFacts(value.facts, truth) ? 'consistent' : 'differs';
}
