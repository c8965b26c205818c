import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { Role } from '@porchlight/visibility';
import { nextOfHit, outcomeOfHit } from './hit.ts';
import type { Outcome } from './outcome.ts';
import type { CacheClocks, FreshnessOf } from './ports.ts';
import type { SoftExpired } from './refresh.ts';
import type { HomeResult } from './result-of.ts';

/** An answer of hits alone, and what is to be done behind it; each home once. */
export interface ServedHits {
  /** In the order asked. */
  readonly results: HomeResult[];
  /** Their facts are to be read again. */
  readonly ageing: readonly CachedEstimate[];
  /** Softly expired, and seen by somebody who may see them. */
  readonly softExpired: readonly SoftExpired[];
}

export interface HitParts {
  readonly clocksNow: () => CacheClocks;
  readonly isDatabaseAway: () => boolean;
  /** See `isMissFor`. */
  readonly isMiss: (value: CachedEstimate, outcome: Outcome, role: Role) => boolean;
  /** Decides the homes of one answer; see createResultOf. */
  readonly deciderFor: (role: Role) => (propertyId: string, outcome: Outcome) => HomeResult;
}

const NOBODY: readonly never[] = [];

/**
 * Answers a question all of whose homes are cached and may be served, in one pass and without waiting for anything: by the same
 * rules, and without the sheet that is needed where something is still to be found out.
 *
 * @param propertyIds as they were asked for, also twice
 * @param values      what was read for each
 * @returns           null: something must be found out first. Then nothing has been told to anybody
 */
export function serveHits(
  { clocksNow, isDatabaseAway, isMiss, deciderFor }: HitParts,
  propertyIds: readonly string[],
  values: readonly (CachedEstimate | null)[],
  { freshnessOf, role }: { freshnessOf: FreshnessOf; role: Role },
): ServedHits | null {
  const outcomes = new Array<Outcome>(propertyIds.length);
  const clocks = clocksNow();
  let ageing: Map<string, CachedEstimate> | null = null;
  for (let at = 0; at < propertyIds.length; at += 1) {
    const value = values[at] ?? null;
    if (value === null) return null;
    const freshness = freshnessOf(value, clocks);
    const next = nextOfHit(freshness, isDatabaseAway);
    if (next === 'wait') return null;
    if (next !== 'serve') (ageing ??= new Map()).set(value.propertyId, value);
    const outcome = outcomeOfHit(value, freshness);
    if (isMiss(value, outcome, role)) return null;
    outcomes[at] = outcome;
  }
  const decide = deciderFor(role);
  const results = new Array<HomeResult>(propertyIds.length);
  let softExpired: Map<string, SoftExpired> | null = null;
  for (let at = 0; at < propertyIds.length; at += 1) {
    const outcome = outcomes[at] as Outcome;
    const result = decide(propertyIds[at] as string, outcome);
    results[at] = result;
    const seen = seenSoftlyExpired(outcome, result, role);
    if (seen !== null) (softExpired ??= new Map()).set(seen.propertyId, seen);
  }
  return {
    results,
    ageing: ageing === null ? NOBODY : [...ageing.values()],
    softExpired: softExpired === null ? NOBODY : [...softExpired.values()],
  };
}

/** @returns null unless a value was served softly expired to a viewer who may see it */
export function seenSoftlyExpired(outcome: Outcome, result: HomeResult | undefined, role: Role): SoftExpired | null {
  if (outcome.kind !== 'value' || outcome.seenSoftExpiryAt === undefined) return null;
  if (result?.status !== 'available' && result?.status !== 'none') return null;
  return { propertyId: result.propertyId, seenSoftExpiryAt: outcome.seenSoftExpiryAt, role };
}
