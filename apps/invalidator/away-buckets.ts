import type { MarkStore } from '@porchlight/estimate-cache';

/** The store, and which buckets the last MARK did not reach. */
export interface WatchedStore {
  readonly store: MarkStore;
  /** True for a bucket that cannot be reached while others can: its node is away, or its slot moves. */
  isAway(bucket: number): boolean;
}

/** Where no bucket is reached all of Redis is away, and a change waits as for any dependency. */
export function watchBuckets(store: MarkStore): WatchedStore {
  let away: ReadonlySet<number> = new Set();
  return {
    isAway: (bucket) => away.has(bucket),
    store: {
      async mark(buckets) {
        const answers = await store.mark(buckets);
        const missed = buckets.flatMap(({ bucket }, index) => (answers[index] === null ? [bucket] : []));
        away = new Set(missed.length < buckets.length ? missed : []);
        return answers;
      },
      reset: (buckets) => store.reset(buckets),
      raiseSince: (sinceAt) => store.raiseSince(sinceAt),
      read: () => store.read(),
      connectionsLost: () => store.connectionsLost(),
    },
  };
}
