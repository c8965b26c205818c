import type { Estimate, Facts } from '@porchlight/contracts';
import type { SeenHome } from '@porchlight/peer-caches';

/** Where a design gets what is not cached: the property database and the paid upstream, both real. */
export interface HomeSource {
  /** The primary's facts now. */
  factsOf(propertyId: string): Promise<Facts>;
  /** One paid call, shared with others of these milliseconds; null: upstream has none. */
  estimateOf(propertyId: string): Promise<Estimate | null>;
}

/** What a cache of the kind that everybody builds holds of a home. */
export interface CachedHome {
  readonly propertyId: string;
  readonly facts: Facts;
  readonly estimate: Estimate | null;
}

export type Removed = 'removed' | 'kept' | 'unknown';

/** A way to cache homes on one Redis, as one process of several uses it. */
export interface CacheDesign {
  /** @returns null if nothing could be shown in time */
  get(propertyId: string): Promise<SeenHome | null>;
  /** Makes sure that a home is cached before anybody asks. */
  warm(propertyId: string): Promise<void>;
  /** The home's facts have changed. Resolves when the cache has obeyed: from then on nothing older may be shown. */
  factsChanged(propertyId: string, visibilityVersion: number): Promise<Removed>;
  /** Upstream serves another estimate; null: withdrawn. */
  estimateChanged(propertyId: string, estimateVersion: number, estimate: Estimate | null): Promise<void>;
  /** What is stored, without any fetching; only where it is judged. */
  peek?(propertyIds: readonly string[]): Promise<(SeenHome | null)[]>;
  /** What memory pressure does, where that is judged. */
  evict?(propertyId: string, key: 'value' | 'flight'): Promise<void>;
  close(): Promise<void>;
}

export interface DesignOptions {
  readonly redisUrl: string;
  readonly source: HomeSource;
  readonly estimateTtlMs: number;
}

export interface DesignEntry {
  readonly name: string;
  readonly what: string;
  readonly create: (options: DesignOptions) => Promise<CacheDesign>;
}

/** Facts first, as all of them do here: the order costs a peer nothing, and helps it. */
export async function fetchHome(source: HomeSource, propertyId: string): Promise<CachedHome> {
  const facts = await source.factsOf(propertyId);
  return { propertyId, facts, estimate: await source.estimateOf(propertyId) };
}

/** What a reader of a peer saw. */
export const seenOf = ({ facts, estimate }: CachedHome, source: SeenHome['source']): SeenHome => ({
  facts: facts.visibilityVersion,
  estimate: estimate?.estimateVersion ?? 0,
  source,
  acquiredAt: 0,
  checkedAt: facts.checkedAt,
  hardExpiryAt: 0,
});

/** A cache that fetches by itself says nothing of where a value came from: the first to see what was fetched is told. */
export function watchFetches(source: HomeSource) {
  const fetched = new WeakSet<CachedHome>();
  return {
    fetch: async (propertyId: string): Promise<CachedHome> => {
      const home = await fetchHome(source, propertyId);
      fetched.add(home);
      return home;
    },
    seen: (home: CachedHome): SeenHome => seenOf(home, fetched.delete(home) ? 'm' : 'h'),
  };
}
