import type { Facts } from '@porchlight/contracts';
import type { HomeInspection } from '@porchlight/estimate-cache';

/**
 * What INVALIDATE at the version of the database would do. `remove`: what is cached is older. `keep`: it is as new. `unread`: bytes that cannot be
 * read, which count as nothing and are deleted by the next reader. `fence`: nothing is cached, but somebody fetches. `nothing`: nobody holds
 * anything. `unknown`: the database has no such home, so there is no version. `away`: its node of Redis does not answer.
 */
export type InvalidationEffect = 'remove' | 'keep' | 'unread' | 'fence' | 'nothing' | 'unknown' | 'away';

export interface PlannedInvalidation {
  readonly propertyId: string;
  readonly effect: InvalidationEffect;
  /** Of the facts in the database and in the cache; null: none there. */
  readonly databaseVersion: number | null;
  readonly cachedVersion: number | null;
}

function effectOf(version: number | null, found: HomeInspection | null): InvalidationEffect {
  if (version === null) return 'unknown';
  if (found === null) return 'away';
  if (found.rejected !== null) return 'unread';
  if (found.value !== null) return found.value.facts.visibilityVersion >= version ? 'keep' : 'remove';
  return found.flight === null ? 'nothing' : 'fence';
}

/** Pure. @returns one for each home, in the order asked */
export const planInvalidation = (
  propertyIds: readonly string[],
  facts: ReadonlyMap<string, Facts>,
  found: readonly (HomeInspection | null)[],
): PlannedInvalidation[] =>
  propertyIds.map((propertyId, at) => {
    const databaseVersion = facts.get(propertyId)?.visibilityVersion ?? null;
    const home = found[at] ?? null;
    const cachedVersion = home?.value?.facts.visibilityVersion ?? null;
    return { propertyId, effect: effectOf(databaseVersion, home), databaseVersion, cachedVersion };
  });
