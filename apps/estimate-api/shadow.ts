import type { Facts } from '@porchlight/contracts';
import type { CachedEstimate, EstimateCache } from '@porchlight/estimate-cache';
import type { PropertyCatalog } from '@porchlight/property-catalog';

/** Homes that wait for a comparison; what comes above is let go, counted. */
export const SHADOW_HOMES_MAX = 1_000;
/** Homes of one query. */
export const SHADOW_BATCH_MAX = 100;
/** A hit that is older than the primary is looked at again after so long: a change takes effect in 2 s while the feed runs. */
export const SHADOW_SETTLE_MS = 2_000;

/**
 * `same`; `settled`: older than the primary at first, which is a change on its way; `behind`: still older after
 * SHADOW_SETTLE_MS; `differs`: the same version with other facts; `ahead`: newer than the primary; `gone`: the primary has no such
 * home; `failed`: Redis or PostgreSQL did not answer; `dropped`: too many waited.
 */
export type ShadowOutcome = 'same' | 'settled' | 'behind' | 'differs' | 'ahead' | 'gone' | 'failed' | 'dropped';

export interface ShadowPorts {
  readonly cache: EstimateCache;
  /** On a connection of its own: nobody's answer waits behind a comparison. */
  readonly catalog: Pick<PropertyCatalog, 'factsOf'>;
  readonly count: (outcome: ShadowOutcome, homes: number) => void;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly delay: (ms: number) => Promise<void>;
  /** Share of hits, 0 above to 100. */
  readonly percent: number;
}

type Verdict = 'same' | 'older' | 'differs' | 'ahead' | 'gone';

/** Pure. @param truth  read after the cached facts, so that it can only be newer */
export function compareShadow(cached: Facts, truth: Facts | undefined): Verdict {
  if (truth === undefined) return 'gone';
  if (cached.visibilityVersion < truth.visibilityVersion) return 'older';
  if (cached.visibilityVersion > truth.visibilityVersion) return 'ahead';
  const isSame =
    cached.status === truth.status && cached.mlsId === truth.mlsId && cached.overrideLevel === truth.overrideLevel;
  return isSame ? 'same' : 'differs';
}

/**
 * Compares a share of hits with the primary, behind their answers' backs: an independent look at what the marks and checks
 * promise. It sees what was read from Redis and changes nothing of it.
 */
export class ShadowComparison {
  readonly #ports: ShadowPorts;
  readonly #waiting: CachedEstimate[] = [];
  #running: Promise<void> | null = null;

  constructor(ports: ShadowPorts) {
    this.#ports = ports;
  }

  /** The cache, with a share of its hits noted. Reads cost a random number a hit more, and wait for nothing. */
  around(cache: EstimateCache): EstimateCache {
    return {
      ...cache,
      read: async (propertyIds) => {
        const values = await cache.read(propertyIds);
        this.#note(values);
        return values;
      },
    };
  }

  /** Resolves when nothing is being compared any more. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  #note(values: readonly (CachedEstimate | null)[]): void {
    const { percent, random, count } = this.#ports;
    let dropped = 0;
    for (const value of values) {
      if (value === null || random() * 100 >= percent) continue;
      if (this.#waiting.length < SHADOW_HOMES_MAX) this.#waiting.push(value);
      else dropped += 1;
    }
    if (dropped > 0) count('dropped', dropped);
    if (this.#waiting.length > 0) this.#running ??= this.#compareAll().finally(() => void (this.#running = null));
  }

  async #compareAll(): Promise<void> {
    await Promise.resolve(); // after the answer that is being made
    while (this.#waiting.length > 0) await this.#compare(this.#waiting.splice(0, SHADOW_BATCH_MAX));
  }

  async #compare(values: readonly CachedEstimate[]): Promise<void> {
    const { catalog, count, delay } = this.#ports;
    try {
      const truths = await catalog.factsOf(values.map(({ propertyId }) => propertyId));
      const older = new Map<string, number>();
      for (const { propertyId, facts } of values) {
        const truth = truths.get(propertyId);
        const verdict = compareShadow(facts, truth);
        if (verdict === 'older') older.set(propertyId, truth?.visibilityVersion ?? 0);
        else count(verdict, 1);
      }
      if (older.size === 0) return;
      await delay(SHADOW_SETTLE_MS);
      await this.#lookAgain(older);
    } catch {
      count('failed', values.length);
    }
  }

  /** @param mustHave  the version that the primary had by then, by home */
  async #lookAgain(mustHave: ReadonlyMap<string, number>): Promise<void> {
    const ids = [...mustHave.keys()];
    const values = await this.#ports.cache.read(ids);
    const behind = ids.filter((id, at) => {
      const version = values[at]?.facts.visibilityVersion;
      return version !== undefined && version < (mustHave.get(id) ?? 0);
    }).length;
    if (behind > 0) this.#ports.count('behind', behind);
    if (behind < ids.length) this.#ports.count('settled', ids.length - behind);
  }
}
