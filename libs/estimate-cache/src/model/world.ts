import type { Design } from './design.ts';

/** What a version of the estimate is at its source: a value, or that there is none (never was, or withdrawn). */
export type EstimateKind = 'value' | 'none';

/**
 * `runs`: events are delivered, at last. `stopped`: they never are, and no mark says otherwise. `claims to run`: they never
 * are, and the marks say that all is applied: the worst that a feed can do.
 */
export type Feed = 'runs' | 'stopped' | 'claims to run';

/**
 * One home, and what may happen to it. The search tries every order of everything that a world allows; each number is how
 * often something may happen in one run, so the worlds are finite and are exhausted.
 */
export interface World {
  readonly name: string;
  /** One sentence: what this world is about. */
  readonly about: string;
  readonly design: Design;
  /** Listing status by facts version, from version 1. As many changes as there are versions beyond the first. */
  readonly facts: readonly ('active' | 'off_market')[];
  /** The estimate at its source by version; version 0 is a home that never had one. The home starts at `firstEstimate`. */
  readonly estimates: readonly EstimateKind[];
  readonly firstEstimate: number;
  /** Requests at once (they are alike), and warm-ups at once. Each may be followed by another one, without end. */
  readonly requests: 1 | 2 | 3;
  readonly warmUps: 0 | 1;
  readonly feed: Feed;
  /** False: after a failover nobody applies again what Redis forgot. */
  readonly hasMarks: boolean;
  /** Any viewer, and any warm-up, may turn out not to be allowed to see the home: nothing is paid then, and the facts are kept alone. */
  readonly someMayNotSee: boolean;
  /** The mistake of reading the facts first and asking for the ticket then. False in every world of ours. */
  readonly readsFactsFirst: boolean;
  readonly limits: WorldLimits;
}

export interface WorldLimits {
  /** Keys evicted: `:v`, `:m`, or both at once. */
  readonly evictions: number;
  /** Change events delivered once more: a redelivery, a replay, or a crash of the invalidator between apply and commit. */
  readonly duplicates: number;
  /** Events lost: the mistake of committing before applying. 0 in every world of ours. */
  readonly lost: number;
  /** Failovers to a replica that has stopped following some time before. */
  readonly failovers: number;
  /** Upstream calls that fail. */
  readonly failedCalls: number;
  /** FILLs that happen and whose reply is lost. */
  readonly lostReplies: number;
  /** Reads of a source that answer the version before, although its event may be out: a lagging copy. Ours reads primaries. */
  readonly laggingFacts: number;
  readonly laggingEstimates: number;
  /** Times that the invalidator marks, and that estimate-api reads the mark. */
  readonly marks: number;
  readonly polls: number;
  /** Redis' clock steps back. */
  readonly stepsBack: number;
  /** A moment, past a lease, past feedStaleMs, past keepMs, past factsTtlMs, past the soft expiry. */
  readonly moments: number;
  readonly leases: number;
  readonly stales: number;
  readonly keeps: number;
  readonly factsTtls: number;
  readonly softs: number;
  /** Records of the warm-up that are delivered once more. */
  readonly redeliveries: number;
}

export const nothingHappens: WorldLimits = {
  evictions: 0,
  duplicates: 0,
  lost: 0,
  failovers: 0,
  failedCalls: 0,
  lostReplies: 0,
  laggingFacts: 0,
  laggingEstimates: 0,
  marks: 0,
  polls: 0,
  stepsBack: 0,
  moments: 0,
  leases: 0,
  stales: 0,
  keeps: 0,
  factsTtls: 0,
  softs: 0,
  redeliveries: 0,
};
