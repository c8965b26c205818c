export interface RecentlyAskedOptions {
  /** How long a home that was asked for is not asked for again. */
  readonly quietMs: number;
  /** Homes remembered; the oldest go first, and are then asked for once more. */
  readonly homesMax: number;
}

/** Homes that were candidates a moment ago, each with the record that asked. */
export interface RecentlyAsked {
  /**
   * Splits a record's homes and remembers the fresh ones. A redelivered record passes whole: what it asked for the first
   * time may never have been sent.
   */
  split(
    propertyIds: readonly string[],
    asked: { offset: bigint; now: number },
  ): { fresh: string[]; repeated: string[] };
  size(): number;
}

interface Asked {
  readonly offset: bigint;
  readonly askedAt: number;
}

/**
 * Neighbouring viewports share tiles, and a session moves faster than its homes arrive. By home and not by (tile, chunk):
 * two viewports cut one tile at different lines, and the second may need what the first left out. In memory, one for each
 * partition; what it forgets costs a look at the cache, since leases decide.
 */
export function createRecentlyAsked({ quietMs, homesMax }: RecentlyAskedOptions): RecentlyAsked {
  const recent = new Map<string, Asked>();
  const isRepeated = (propertyId: string, { offset, now }: { offset: bigint; now: number }): boolean => {
    const before = recent.get(propertyId);
    return before !== undefined && before.offset !== offset && now - before.askedAt < quietMs;
  };
  /** Insertion order is the order of time, so the first that is young ends the search. */
  const prune = (now: number): void => {
    for (const [propertyId, { askedAt }] of recent) {
      if (recent.size <= homesMax && now - askedAt < quietMs) return;
      recent.delete(propertyId);
    }
  };
  return {
    size: () => recent.size,
    split(propertyIds, asked) {
      const fresh: string[] = [];
      const repeated: string[] = [];
      for (const propertyId of propertyIds) {
        if (isRepeated(propertyId, asked)) repeated.push(propertyId);
        else fresh.push(propertyId);
      }
      for (const propertyId of fresh) {
        recent.delete(propertyId);
        recent.set(propertyId, { offset: asked.offset, askedAt: asked.now });
      }
      prune(asked.now);
      return { fresh, repeated };
    },
  };
}
