import { SYNC_TIMEOUT_MS } from '@porchlight/estimate-source';

/** Bounds of the read path; each is config with this default. */
export interface ReadingLimits {
  /** Homes that may be fetched or waited for at once in this process; what comes above is `pending` at once. */
  readonly flightsMax: number;
  /** Homes that questions may wait for at once, each counted for each who asks; what comes above is `pending` at once. */
  readonly waitersMax: number;
  /** Batches that may read facts for CHECK at once, and that may wait for it (numbers.md: 4 and 64). */
  readonly checksAtOnceMax: number;
  readonly checksWaitingMax: number;
  /** Upstream calls at once while Redis does not answer, and how many may begin a second: nobody else's fetch is known then. */
  readonly tricklesMax: number;
  readonly tricklesPerSMax: number;
  /** Paid calls that may begin a second for those who read around the cache: who names their session may choose to be one of them. */
  readonly bypassesPerSMax: number;
  /** The time for a paid call, milliseconds; what was spent between the lease and the call is taken from it. */
  readonly upstreamMs: number;
  /** Homes that may be refreshed or checked in the background at once. */
  readonly backgroundHomesMax: number;
}

export const defaultReadingLimits: ReadingLimits = {
  flightsMax: 10_000,
  waitersMax: 20_000,
  checksAtOnceMax: 4,
  checksWaitingMax: 64,
  tricklesMax: 4,
  tricklesPerSMax: 20,
  bypassesPerSMax: 200,
  upstreamMs: SYNC_TIMEOUT_MS,
  backgroundHomesMax: 2_000,
};

/**
 * How long the cache alone may take, whatever the deadline: a hit is never given up for a deadline of 0, and a Redis that hangs
 * costs no call more than this beyond its deadline.
 */
export const CACHE_READ_MIN_MS = 100;

/** A call with less time than this would mostly be paid for in vain: the lease is given back instead. */
export const UPSTREAM_MS_MIN = 100;

/** When a caller that waits for somebody else's fetch looks again (numbers.md): 10, 20, 40, then every 100 ms. */
export function waitPollMs(attempt: number): number {
  return [10, 20, 40][attempt] ?? 100;
}
