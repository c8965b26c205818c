import type { Estimate } from '@porchlight/contracts';

/** What upstream answered for one batch. Every id asked for is in exactly one of the two. */
export interface SourceAnswer {
  readonly estimates: ReadonlyMap<string, Estimate>;
  /** Homes without an estimate. */
  readonly missing: ReadonlySet<string>;
  /** When the paid call began, UTC milliseconds by the clock of who noted it; absent: nobody did. */
  readonly askedAt?: number;
}

/**
 * Who waits for an answer. `user`: somebody does. `background`: nobody (warm-ups, refreshes of what is still served): it goes
 * behind users wherever there is not enough of something.
 */
export type Lane = 'user' | 'background';

export interface FetchOptions {
  /** The whole time for an answer, whatever is done for it meanwhile: connecting, a retry. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Default: `user`. */
  readonly lane?: Lane;
  /** How long this caller waits for its call to begin, where there is a queue; never longer than the queue's own limit. 0 or more. */
  readonly queueMs?: number;
}

/**
 * The paid valuation API.
 *
 * @throws {SourceThrottled} (SOURCE_THROTTLED, with retryAfterMs), {SourceUnavailable} (SOURCE_UNAVAILABLE: time-out, 5xx, no connection),
 *   {SourceMisbehaved} (SOURCE_MISBEHAVED: an answer that cannot be understood), and where upstream was not asked a
 *   {SourceNotAsked}: SOURCE_OVERLOADED, SOURCE_PAUSED, SOURCE_BROKEN, SOURCE_OVER_BUDGET. All have fate retry: nothing is
 *   wrong with the record.
 */
export interface EstimateSource {
  /** @param propertyIds 1..100 ids; a single get is a batch of one */
  fetch(propertyIds: readonly string[], options?: FetchOptions): Promise<SourceAnswer>;
}
