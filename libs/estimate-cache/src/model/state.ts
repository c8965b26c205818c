import type { Facts, Ticket } from '@porchlight/contracts';
import type { FillReply } from '../decisions/after-fill.ts';
import { emptyHome, type HomeState } from '../home-state.ts';
import type { World, WorldLimits } from './world.ts';

/**
 * Where a fetcher stands; each name is what it does next.
 *
 * A request: `idle`, `ask` (ACQUIRE), `reread` (ACQUIRE said hit), `wait` and `poll` (ask again, read again), `join` (somebody of this
 * process flies), `facts`, `estimate`, `fill`, `again` (BEHIND: facts once more), `recover` (refused: facts again, then answer),
 * `give-back` (the call failed: RELEASE), `land` (the reply is here, those who wait are not told yet), `check` (CHECK: read the
 * facts), `touch`, `remove` (CHECK found newer facts: INVALIDATE). A warm-up: `idle`, `ask`, `facts`, `recheck`, `estimate`, `fill`.
 */
export type Place =
  | 'idle'
  | 'ask'
  | 'reread'
  | 'wait'
  | 'poll'
  | 'join'
  | 'facts'
  | 'recheck'
  | 'estimate'
  | 'fill'
  | 'again'
  | 'recover'
  | 'give-back'
  | 'land'
  | 'check'
  | 'touch'
  | 'remove';

/** The kinds of answers that a request waits for: the viewer's, or nobody's (a refresh or a check in the background). */
export interface Fetcher {
  readonly at: Place;
  /** The facts version below which this request must not be answered; promise A. */
  readonly floor: number;
  /** The same by promise D: what was committed more than feedStaleMs before the request began. */
  readonly floorD: number;
  /** False for a refresh or a check behind an answer. */
  readonly isAwaited: boolean;
  readonly nonce: string;
  readonly seen: number | null;
  readonly ticket: Ticket | null;
  /** ff beside the ticket. */
  readonly fence: number;
  readonly facts: Facts | null;
  /** What upstream answered: a version, or null for none. `undefined` before; `unknown`: it is not asked, the viewer may not see the home. */
  readonly fetched: number | null | undefined | 'unknown';
  readonly attempt: 1 | 2;
  readonly reply: FillReply | null;
  /** Whether others may join: a flight of this process under the ticket's epoch. */
  readonly isOpen: boolean;
  /** The version in the cached value that a check is about. */
  readonly cached: number;
  /** Redis has forgotten its lease in a failover: somebody else may win it, and nobody is to blame. */
  readonly isLeaseLost: boolean;
}

export const idle: Fetcher = {
  at: 'idle',
  floor: 0,
  floorD: 0,
  isAwaited: true,
  nonce: '',
  seen: null,
  ticket: null,
  fence: 0,
  facts: null,
  fetched: undefined,
  attempt: 1,
  reply: null,
  isOpen: false,
  cached: 0,
  isLeaseLost: false,
};

/** What a replica holds, and how far the invalidator had come when it stopped following: the marks are in the same Redis. */
export interface Replica {
  readonly home: HomeState;
  readonly appliedFacts: number;
  readonly appliedEstimates: number;
  readonly markAt: number;
}

/** Plain data. Sets of events are bits: bit v is the event of version v. */
export interface State {
  readonly now: number;
  /** Next epoch or nonce; names are only compared, never ordered. */
  readonly drawn: number;
  readonly factsVersion: number;
  readonly estimateVersion: number;
  readonly home: HomeState;
  readonly replica: Replica | null;
  readonly pendingFacts: number;
  readonly pendingEstimates: number;
  readonly appliedFacts: number;
  readonly appliedEstimates: number;
  /** The mark in Redis: every change up to here is applied; 0: none. */
  readonly markAt: number;
  /** False from a failover until the invalidator has gone back and claimed the new run. */
  readonly isRunClaimed: boolean;
  /** What estimate-api read of the mark last; 0: none, or not sound. */
  readonly readingAt: number;
  /** When estimate-api last saw that Redis had forgotten; 0: never. */
  readonly forgotAt: number;
  /** From a failover that lost writes until estimate-api reads the marks again: what remains of the promises. */
  readonly isBlind: boolean;
  /** The highest INVALIDATE that is acknowledged and that Redis still knows: what every read of `:v` is held to. */
  readonly acked: number;
  /** The highest that was ever acknowledged: what answers are held to, but for the time in which estimate-api is blind. */
  readonly everAcked: number;
  /** The facts version that was committed more than feedStaleMs ago. */
  readonly staleFloor: number;
  readonly requests: readonly Fetcher[];
  readonly warmUps: readonly Fetcher[];
  readonly left: WorldLimits;
}

export const firstState = (world: World): State => ({
  now: 10_000,
  drawn: 1,
  factsVersion: 1,
  estimateVersion: world.firstEstimate,
  home: emptyHome,
  replica: null,
  pendingFacts: 0,
  pendingEstimates: 0,
  appliedFacts: 0,
  appliedEstimates: 0,
  markAt: 0,
  isRunClaimed: true,
  readingAt: 0,
  forgotAt: 0,
  isBlind: false,
  acked: 1,
  everAcked: 1,
  staleFloor: 1,
  requests: Array.from({ length: world.requests }, () => idle),
  warmUps: Array.from({ length: world.warmUps }, () => idle),
  left: world.limits,
});
