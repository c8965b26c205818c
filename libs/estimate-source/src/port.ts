import type { Estimate } from '@porchlight/contracts';

/** What upstream answered for one batch. Every id asked for is in exactly one of the two. */
export interface SourceAnswer {
  readonly estimates: ReadonlyMap<string, Estimate>;
  /** Homes without an estimate. */
  readonly missing: ReadonlySet<string>;
  /** When the paid call began, UTC milliseconds by the clock of who noted it; absent: nobody did. */
  readonly askedAt?: number;
}

export interface FetchOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** How long this caller waits for its call to begin, where there is a queue; never longer than the queue's own limit. 0 or more. */
  readonly queueMs?: number;
}

/**
 * The paid valuation API.
 *
 * @throws {SourceThrottled} (SOURCE_THROTTLED, with retryAfterMs), {SourceUnavailable} (SOURCE_UNAVAILABLE: time-out, 5xx, no connection),
 *   {SourceMisbehaved} (SOURCE_MISBEHAVED: an answer that cannot be understood),
 *   {SourceOverloaded} (SOURCE_OVERLOADED: upstream was not asked). All have fate retry: nothing is wrong with the record.
 */
export interface EstimateSource {
  /** @param propertyIds 1..100 ids; a single get is a batch of one */
  fetch(propertyIds: readonly string[], options?: FetchOptions): Promise<SourceAnswer>;
}
