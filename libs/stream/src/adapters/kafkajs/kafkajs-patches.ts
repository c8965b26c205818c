import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import type { TopicPartition } from '../../port.ts';
import { createStickyAssigner, type Sharing } from './kafkajs-assigner.ts';
import type { BatchInside, BrokerInside, GroupInside, OffsetsInside, QueueInside } from './kafkajs-inside.ts';

/**
 * The places where kafkajs 2.2.4 (its last release) has to be mended from outside, all of them here, applied once when this file is imported. A
 * test of each fails when it is lost.
 */

/** What a consumer wants to know of its group; found by the assigner that it brought. */
export interface GroupHooks extends Sharing {
  /** Awaited before every join and rejoin: the drain that kafkajs has no hook for. Must not reject. */
  beforeJoin(group: GroupInside): Promise<void>;
  /** Awaited once for each assignment, before its first fetch, and again if it rejects: decides and sets where every partition begins. */
  beforeFetch(group: GroupInside, offsets: OffsetsInside): Promise<void>;
  /** A number that differs between any two assignments. */
  epoch(): number;
  /** The end of a partition, as each fetch says it, also one that brought nothing. */
  noteEnd(at: TopicPartition, endOffset: bigint): void;
  /** Nothing lies between what was delivered and here: a fetch brought markers, or holes of compaction, alone. */
  notePassed(at: TopicPartition, nextOffset: bigint): void;
  /** Awaited when a leader has moved, so that a metadata that still names the old one is not asked for without a pause. */
  pauseForLeader(): Promise<void>;
}

interface Patchable<Inside> {
  readonly prototype: Inside & { [PATCHED]?: true };
}

const PATCHED = Symbol.for('porchlight.kafkajs-patched');
const inside = createRequire(import.meta.url);

const hooksByAssigner = new WeakMap<object, GroupHooks>();
const epochByBatch = new WeakMap<object, number>();
const beginningOf = new WeakMap<OffsetsInside, Promise<void>>();

/** The classes as patched; exported for the tests that guard the patches. */
export const RequestQueue = inside('kafkajs/src/network/requestQueue') as Patchable<QueueInside>;
export const Broker = inside('kafkajs/src/broker') as Patchable<BrokerInside>;
export const ConsumerGroup = inside('kafkajs/src/consumer/consumerGroup') as Patchable<GroupInside>;

/**
 * @returns the assigners of a consumer, by which the patched group finds `hooks`. Round robin, which older processes bring alone, is listed behind:
 *          a group in the middle of an upgrade agrees on it. Not where topics must stay together: it would part them
 */
export function assignersWith(hooks: GroupHooks): kafkajs.PartitionAssigner[] {
  const sticky: kafkajs.PartitionAssigner = (context) => {
    const assigner = createStickyAssigner(context, hooks);
    hooksByAssigner.set(assigner, hooks);
    return assigner;
  };
  return hooks.coPartitioned.length > 0 ? [sticky] : [sticky, kafkajs.PartitionAssigners.roundRobin];
}

/** @returns the epoch under which a batch was fetched; undefined for a batch of an unhooked consumer */
export const epochOf = (batch: object): number | undefined => epochByBatch.get(batch);

const hooksOf = (group: GroupInside): GroupHooks | undefined =>
  group.assigners.map((assigner) => hooksByAssigner.get(assigner)).find((hooks) => hooks !== undefined);

/**
 * An idle connection re-arms a timer of -1 ms for ever: 4 % of a core against 0.8 %, and TimeoutNegativeWarning. With nothing pending there is
 * nothing to check, throttled or not: what comes later arms the timer itself, and then never with a time that has passed.
 */
function patchIdleTimer({ prototype }: Patchable<QueueInside>): void {
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: QueueInside): void {
    if (this.pending.length === 0) return;
    schedule.call(this);
  };
}

/**
 * A broker that took the connection and has not said yet which requests it takes is called connected by kafkajs: the next try of a connect succeeds
 * at once, and whatever is asked of it then ends in "Broker not connected", or in a promise that nobody settles, for as long as the process lives.
 */
function patchConnected({ prototype }: Patchable<BrokerInside>): void {
  const isConnected = prototype.isConnected;
  prototype.isConnected = function (this: BrokerInside): boolean {
    return this.versions !== null && isConnected.call(this);
  };
}

/** REBALANCING is an event that nobody awaits, and a leader change rejoins without it; joinAndSync is on every path. */
function patchJoin({ prototype }: Patchable<GroupInside>): void {
  const join = prototype.joinAndSync;
  prototype.joinAndSync = async function (this: GroupInside): Promise<void> {
    await hooksOf(this)?.beforeJoin(this);
    return join.call(this);
  };
}

/**
 * A response that was on its way during a rejoin has the old position: kafkajs would resolve it under the new generation and so skip what lies
 * between. Such a response is dropped, and each batch is tagged with the epoch it belongs to. A batch with nothing in it says where the partition
 * ends, and goes no further. One with nothing for us moves the position here: kafkajs would do it later, over a rewind that came in between.
 */
function patchFetch({ prototype }: Patchable<GroupInside>): void {
  const fetch = prototype.fetch;
  prototype.fetch = async function (this: GroupInside, nodeId: unknown): Promise<BatchInside[]> {
    const assignedBefore = this.offsetManager;
    const batches = await fetch.call(this, nodeId);
    const hooks = hooksOf(this);
    if (hooks === undefined) return batches;
    if (this.offsetManager !== assignedBefore) return [];
    for (const batch of batches) {
      epochByBatch.set(batch, hooks.epoch());
      hooks.noteEnd(batch, BigInt(batch.highWatermark));
      if (batch.isEmptyDueToFiltering() && assignedBefore !== null) pass(assignedBefore, batch, hooks);
    }
    return batches.filter((batch) => !batch.isEmpty());
  };
}

function pass(offsets: OffsetsInside, batch: BatchInside, hooks: GroupHooks): void {
  if (!isOfPosition(offsets, batch)) return;
  const { topic, partition } = batch;
  offsets.resolveOffset({ topic, partition, offset: batch.lastOffset() });
  hooks.notePassed({ topic, partition }, BigInt(batch.lastOffset()) + 1n);
}

/** False for what was on its way while the position was moved: it belongs to another place of the log. */
export const isOfPosition = (
  offsets: OffsetsInside,
  { topic, partition, fetchedOffset }: Pick<BatchInside, 'topic' | 'partition' | 'fetchedOffset'>,
): boolean => offsets.nextOffset(topic, partition).toString() === fetchedOffset;

/**
 * kafkajs looks up where a partition begins in front of every fetch, without a word: what has no commit at the end of the log as it is then (another
 * one each time it is asked), what is out of range at the default. Here the hook decides first, and leaves nothing to look up. A rejection is met
 * as one of the fetch would be: kafkajs comes here again.
 */
function patchSeek({ prototype }: Patchable<GroupInside>): void {
  const seek = prototype.seekOffsets;
  prototype.seekOffsets = async function (this: GroupInside, assigned: unknown): Promise<void> {
    const hooks = hooksOf(this);
    const offsets = this.offsetManager;
    if (hooks !== undefined && offsets !== null) {
      const begun = beginningOf.get(offsets) ?? hooks.beforeFetch(this, offsets);
      beginningOf.set(offsets, begun);
      await begun.catch((error: unknown) => {
        beginningOf.delete(offsets);
        throw error;
      });
    }
    return seek.call(this, assigned);
  };
}

/** Errors of a fetch that say that another broker leads the partition now. */
const LEADER_MOVED: ReadonlySet<string | undefined> = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
]);

/**
 * - A leader that moved: kafkajs joins the group again, and with it every member drains. New metadata is all that is needed: the next fetch goes to
 *   whom it names.
 * - An offset out of range in the middle of an assignment: kafkajs commits the default and jumps there, to the end for `latest`. Joining again
 *   brings it to the hook that decides, says and counts.
 */
function patchRecover({ prototype }: Patchable<GroupInside>): void {
  const recover = prototype.recoverFromFetch;
  prototype.recoverFromFetch = async function (this: GroupInside, error): Promise<void> {
    const hooks = hooksOf(this);
    if (hooks !== undefined && LEADER_MOVED.has(error.type)) {
      await this.cluster.refreshMetadata();
      return hooks.pauseForLeader();
    }
    if (hooks !== undefined && error.name === 'KafkaJSOffsetOutOfRange') return this.joinAndSync();
    return recover.call(this, error);
  };
}

/**
 * kafkajs waits with a heartbeat until its interval has passed since the last one, by the host's clock: one that is set back by five minutes sends
 * none for five minutes. The group gives the partitions away, and the member goes on, told by nobody.
 */
function patchHeartbeat({ prototype }: Patchable<GroupInside>): void {
  const heartbeat = prototype.heartbeat;
  prototype.heartbeat = async function (this: GroupInside, limits): Promise<void> {
    if (this.lastRequest > Date.now()) this.lastRequest = 0;
    return heartbeat.call(this, limits);
  };
}

function patchOnce<Inside>(target: Patchable<Inside>, ...patches: ((target: Patchable<Inside>) => void)[]): void {
  if (target.prototype[PATCHED] === true) return;
  for (const patch of patches) patch(target);
  Object.defineProperty(target.prototype, PATCHED, { value: true });
}

patchOnce(RequestQueue, patchIdleTimer);
patchOnce(Broker, patchConnected);
patchOnce(ConsumerGroup, patchJoin, patchFetch, patchSeek, patchRecover, patchHeartbeat);
