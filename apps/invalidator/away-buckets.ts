import type { MarkStore } from '@porchlight/estimate-cache';

/** The store, and which buckets the last MARK did not reach. */
export interface WatchedStore {
  readonly store: MarkStore;
  /** True for a bucket that cannot be reached while others can: its node is away, or its slot moves. */
  isAway(bucket: number): boolean;
}

/**
 * Buckets that are marked at a time. A round is a megabyte of commands: sent at once to a Redis that is late with its answers, one round's are still
 * in memory when the next one's come, and the next.
 */
export const MARKED_AT_ONCE = 32;

/** One part after the other; when nobody answers the first, the rest is not sent: it would only pile up. */
async function markInParts(store: MarkStore, buckets: Parameters<MarkStore['mark']>[0]): ReturnType<MarkStore['mark']> {
  const answers: Awaited<ReturnType<MarkStore['mark']>>[number][] = [];
  for (let at = 0; at < buckets.length; at += MARKED_AT_ONCE) {
    const part = await store.mark(buckets.slice(at, at + MARKED_AT_ONCE));
    answers.push(...part);
    if (answers.every((answer) => answer === null)) break;
  }
  return buckets.map((_, at) => answers[at] ?? null);
}

/** Where no bucket is reached all of Redis is away, and a change waits as for any dependency. */
export function watchBuckets(store: MarkStore): WatchedStore {
  let away: ReadonlySet<number> = new Set();
  return {
    isAway: (bucket) => away.has(bucket),
    store: {
      async mark(buckets) {
        const answers = await markInParts(store, buckets);
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
