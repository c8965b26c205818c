import type { Estimate, Facts, Ticket, UpdatedEstimate } from '@porchlight/contracts';

/** Who fetches: `s`, a request that a user waits for; `w`, a warm-up. A user never waits behind a warm-up. */
export type LeaseClass = 's' | 'w';

/** What `:v` of one home holds. All instants are UTC milliseconds. */
export interface CachedEstimate {
  readonly propertyId: string;
  /** Who wrote it last. */
  readonly class: LeaseClass;
  readonly facts: Facts;
  /**
   * Nobody has looked for the estimate: whoever read these facts might not see it, and paid nothing. An answer for whoever
   * may not see the home by them, a miss for whoever may (`answers`), and never `none`.
   */
  readonly isFactsOnly: boolean;
  /** null for a fetched `none`, which has no version; a withdrawn estimate keeps the version that withdrew it. */
  readonly estimateVersion: number | null;
  /** When the ticket behind the estimate half was drawn, by the clock of Redis. */
  readonly acquiredAt: number;
  readonly softExpiryAt: number;
  readonly hardExpiryAt: number;
  /** The estimate as the JSON bytes that a client receives, `{valueUsd, lowUsd, highUsd, computedAt}`; null: there is none. */
  readonly estimateJson: Buffer | null;
}

export interface AcquireRequest {
  readonly propertyId: string;
  /** Names the caller: random for a request, `warmNonce(...)` for a record, so that a redelivered record wins again. */
  readonly nonce: string;
  /** Asks for a refresh of the cached value whose soft expiry was this; absent: asks only if nothing is cached. */
  readonly seenSoftExpiryAt?: number;
}

export type AcquireAnswer =
  /** With its estimate: a value that holds facts only is none here. */
  | { readonly outcome: 'hit' }
  /** `win`: this caller fetches. `wait`: somebody else does; the ticket tells which flight to wait for. */
  | {
      readonly outcome: 'win' | 'wait';
      readonly ticket: Ticket;
      /** lowest facts version that a fill may carry; 0: none */ readonly factsFence: number;
    };

export interface FillRequest {
  readonly propertyId: string;
  readonly class: LeaseClass;
  readonly ticket: Ticket;
  readonly facts: Facts;
  /** null: upstream has none. `unknown`: it was not asked, since whoever holds the ticket may not see the home. */
  readonly estimate: Estimate | null | 'unknown';
}

/** `ok` and `older` return the joined value, which is the answer; the others say why the fill was refused. */
export type FillAnswer =
  | { readonly outcome: 'ok' | 'older'; readonly stored: CachedEstimate }
  | { readonly outcome: 'behind' | 'epoch' | 'below' };

export interface VersionedChange {
  readonly propertyId: string;
  readonly visibilityVersion: number;
}

/** `already`: what is stored is new enough. `removed`: a value was deleted. `fenced`: only flights were refused. `absent`: nobody held anything. */
export type InvalidateOutcome = 'already' | 'removed' | 'fenced' | 'absent';

export interface EstimateChange {
  readonly propertyId: string;
  readonly estimateVersion: number;
  readonly estimate: UpdatedEstimate | null;
}

/**
 * `updated`: the stored estimate was replaced. `older`: it was as new already. `removed`: a fetched `none`, which may be older or
 * newer; the next reader fetches. `absent`: no estimate is stored (fences were raised where flights exist).
 */
export type UpdateOutcome = 'updated' | 'older' | 'removed' | 'absent';

export type TouchOutcome = 'touched' | 'changed' | 'absent';

/** A ticket that is about to be paid for. */
export interface RecheckRequest {
  readonly propertyId: string;
  readonly ticket: Ticket;
  readonly visibilityVersion: number;
}

/**
 * The cache protocol of estimates. Every method takes a batch and answers in the same order, one network round trip for each node.
 *
 * @throws {CacheUnavailable} (code CACHE_UNAVAILABLE, fate retry) from every method when Redis does not answer. Where only
 *   a node of several does not, it is {CachePartlyUnavailable}, with the answers of the others: see `partialAnswers`. Only
 *   `read` never throws that: a home that cannot be read is a miss.
 */
export interface EstimateCache {
  /** Reads what is served; null: not cached. A value that cannot be understood is a miss, counted and deleted. */
  read(propertyIds: readonly string[]): Promise<(CachedEstimate | null)[]>;
  acquire(requests: readonly AcquireRequest[], leaseClass: LeaseClass): Promise<AcquireAnswer[]>;
  fill(requests: readonly FillRequest[]): Promise<FillAnswer[]>;
  /** Gives leases up. With `backOff` (an upstream error) nobody else may try for retryMs; without, anybody may at once. */
  release(leases: readonly { propertyId: string; nonce: string; backOff: boolean }[]): Promise<void>;
  /** Drops the flight of a home that turned out not to exist, if its epoch still stands. */
  forget(flights: readonly { propertyId: string; epoch: string }[]): Promise<void>;
  invalidate(changes: readonly VersionedChange[]): Promise<InvalidateOutcome[]>;
  update(changes: readonly EstimateChange[]): Promise<UpdateOutcome[]>;
  /** Raises checkedAt of values whose version is still this one. Never creates, never extends a TTL. */
  touch(
    checks: readonly { propertyId: string; visibilityVersion: number; checkedAt: number }[],
  ): Promise<TouchOutcome[]>;
  /** Is each ticket still worth paying for? (`:v` absent or with the soft expiry seen, same epoch, fence passed, lease still this nonce's.) */
  recheck(requests: readonly RecheckRequest[]): Promise<boolean[]>;
}

/** data-writer says for each partition of warmup.estimates that it gets on; data-fetcher stops paying for a partition that is silent. */
export interface WriterProgress {
  beat(partitions: readonly number[]): Promise<void>;
  /** @returns the partitions among these that beat within the last 15 s */
  alive(partitions: readonly number[]): Promise<Set<number>>;
}
