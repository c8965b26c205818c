import type { Facts, Ticket } from '@porchlight/contracts';
import { emptyHome, type HomeState } from '../../home-state.ts';
import { emptyMark, feedPartitionName } from '../bucket-mark.ts';
import { openLedger, type MarkLesson, type MarkRound, type PartitionLedger } from '../ledger.ts';
import type { BucketMark, FeedPosition, FeedProgress, MarkAnswer } from '../port.ts';

/** What may happen, and how often. Each is a number of times. */
export interface MarkLimits {
  readonly changes: number;
  readonly fills: number;
  /** A server with an older memory takes a bucket over: a promoted replica, a restart with an old RDB or a short AOF. */
  readonly failovers: number;
  /** A restart with nothing. */
  readonly restarts: number;
  /** The bucket is moved to another node, whole. */
  readonly moves: number;
  /** Older keys are put back under the same run, where the mark tells. */
  readonly putBacks: number;
  /** The copy that a failover would leave is brought up to date. */
  readonly copies: number;
  /** The log loses everything that is applied nowhere any more: retention. */
  readonly trims: number;
  /** A process takes a partition over; who had it may not know yet. */
  readonly takeovers: number;
  readonly crashes: number;
  /** A change that cannot be applied is passed over. */
  readonly doubts: number;
  /** A change that names no home. */
  readonly unreadables: number;
  /** The topic gets one partition more. */
  readonly grows: number;
}

export const nothingHappens: MarkLimits = {
  changes: 0,
  fills: 0,
  failovers: 0,
  restarts: 0,
  moves: 0,
  putBacks: 0,
  copies: 0,
  trims: 0,
  takeovers: 0,
  crashes: 0,
  doubts: 0,
  unreadables: 0,
  grows: 0,
};

/** Where a home lives. */
export interface ModelHome {
  readonly bucket: number;
  readonly partition: number;
}

/** One small world. */
export interface MarkWorld {
  readonly name: string;
  readonly about: string;
  readonly homes: readonly ModelHome[];
  readonly buckets: number;
  /** Partitions at the start. */
  readonly partitions: number;
  readonly processes: number;
  /** `polls`: it reads now and then, and believes that; `sees`: every state is judged as if it were read just now. */
  readonly reader: 'polls' | 'sees';
  /** Begins with every home cached, every bucket marked at the begin of the log, and the first process at work. */
  readonly isRunning: boolean;
  readonly limits: MarkLimits;
  /** Variants that must fail. */
  readonly without?: MarkVariant;
}

/** What the functions cannot show, since it is the order of questions, or what a server calls itself. */
export type MarkVariant = 'T before the end' | 'since after the position' | 'the replication id' | 'the cap by the row';

/** The memory of one bucket, and the copy of it that a failover would leave. */
export interface BucketMemory {
  readonly mark: BucketMark;
  readonly homes: readonly HomeState[];
}

/** A record of the log; `isUnreadable`: nobody can say which home it names. */
export interface LogRecord {
  readonly home: number;
  readonly version: number;
  readonly isUnreadable: boolean;
}

export interface Log {
  readonly start: number;
  readonly records: readonly LogRecord[];
}

/** A partition as one process has it. */
export interface ModelSession {
  readonly ledger: PartitionLedger;
  /** Everything below counts as applied; everything below `begun` is applied or under way. */
  readonly counted: number;
  readonly begun: number;
  /** Only with a variant: what was asked for too early, the end of the log or the clock. */
  readonly noted: number | null;
  /** What was asked of the buckets, and their answers on the way back. */
  readonly asked: { round: MarkRound; position: FeedPosition; answers: readonly (MarkAnswer | null)[] } | null;
  readonly lost: MarkLesson['lost'];
  /** Where the position was when those were found to be lost. */
  readonly lostAt: number;
}

export interface ModelFetch {
  readonly home: number;
  readonly ticket: Ticket;
  readonly facts: Facts;
}

export interface MarkState {
  /** The primary's clock: the number of changes committed. */
  readonly now: number;
  /** For each home the instants of its changes; its version is one more than their number. */
  readonly changedAt: readonly (readonly number[])[];
  readonly outbox: readonly LogRecord[];
  readonly row: FeedProgress | null;
  readonly logs: readonly Log[];
  readonly committed: readonly number[];
  readonly memories: readonly BucketMemory[];
  readonly copies: readonly BucketMemory[];
  readonly runs: readonly number[];
  /** How many runs were ever; a new one is another than all. */
  readonly runsDrawn: number;
  readonly connectionsLost: number;
  /** By process and partition. */
  readonly sessions: readonly (readonly (ModelSession | null)[])[];
  /** The process that has each partition. */
  readonly owners: readonly (number | null)[];
  readonly fetch: ModelFetch | null;
  readonly reading: { readonly marks: readonly BucketMark[]; readonly connectionsLost: number } | null;
  readonly readRow: FeedProgress | null;
  /** Was any memory lost or moved, or any change passed over? */
  readonly hasLost: boolean;
  readonly left: MarkLimits;
}

export const TOPIC = 't';
/** By the clock of Redis: nothing ends before it. */
const LATER = 1_000_000;

const cachedHome: HomeState = {
  value: {
    class: 's',
    facts: { visibilityVersion: 1, status: 'active', mlsId: null, overrideLevel: null, checkedAt: 0 },
    isFactsOnly: false,
    estimateVersion: 1,
    acquiredAt: 0,
    softExpiryAt: LATER,
    hardExpiryAt: LATER,
    estimateJson: '{}',
  },
  flight: null,
};

const onlyFirst = <T>(items: readonly (readonly T[])[], first: (item: T, at: number) => T): readonly (readonly T[])[] =>
  items.map((each, process) => (process === 0 ? each.map(first) : each));

/** The same world some time after its begin. */
function running(state: MarkState, world: MarkWorld): MarkState {
  const names = state.logs.map((_, partition) => feedPartitionName({ topic: TOPIC, partition }));
  const marks = Object.fromEntries(names.map((name) => [name, { nextOffset: 0n, untilAt: 0 }]));
  const memory: BucketMemory = {
    mark: { partitions: marks, sinceAt: 0 },
    homes: world.homes.map(() => cachedHome),
  };
  const memories = state.memories.map(() => memory);
  const opened = openLedger(world.buckets, 0n);
  const buckets = opened.buckets.map((bucket) => ({ ...bucket, run: 'r1' }));
  const session: ModelSession = { ...newSession(opened, 0), ledger: { ...opened, buckets } };
  return {
    ...state,
    row: { publishedUntilAt: 0, partitions: { [TOPIC]: world.partitions } },
    memories,
    copies: memories,
    owners: state.owners.map(() => 0),
    sessions: onlyFirst<ModelSession | null>(state.sessions, () => session),
  };
}

export const newSession = (ledger: PartitionLedger, start: number): ModelSession => ({
  ledger,
  counted: start,
  begun: start,
  noted: null,
  asked: null,
  lost: [],
  lostAt: 0,
});

export function firstState(world: MarkWorld): MarkState {
  const state = emptyState(world);
  return world.isRunning ? running(state, world) : state;
}

function emptyState(world: MarkWorld): MarkState {
  const perPartition = <T>(value: T): T[] => Array.from({ length: world.partitions }, () => value);
  const memory: BucketMemory = { mark: emptyMark, homes: world.homes.map(() => emptyHome) };
  const memories = Array.from({ length: world.buckets }, () => memory);
  return {
    now: 0,
    changedAt: world.homes.map(() => []),
    outbox: [],
    row: null,
    logs: perPartition({ start: 0, records: [] }),
    committed: perPartition(0),
    memories,
    copies: memories,
    runs: memories.map(() => 1),
    runsDrawn: 1,
    connectionsLost: 0,
    sessions: Array.from({ length: world.processes }, () => perPartition(null)),
    owners: perPartition(null),
    fetch: null,
    reading: null,
    readRow: null,
    hasLost: false,
    left: world.limits,
  };
}
