import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';

/**
 * The four places where kafkajs 2.2.4 (its last release) has to be mended from outside, all of them here, applied once when this file is
 * imported. A test of each fails when it is lost.
 */

/** What a consumer wants to know of its group; found by the assigner that it brought. */
export interface GroupHooks {
  /** Awaited before every join and rejoin: the drain that kafkajs has no hook for. Must not reject. */
  beforeJoin(group: GroupInside): Promise<void>;
  /** A number that differs between any two assignments. */
  epoch(): number;
  /** Topics whose start, where nothing is committed, is the present end. */
  readonly fromLatest: readonly string[];
}

/** The part of kafkajs' ConsumerGroup that is used. */
export interface GroupInside {
  readonly assigners: readonly object[];
  readonly offsetManager: OffsetsInside | null;
  heartbeat(limits: { interval: number }): Promise<void>;
  joinAndSync: (this: GroupInside) => Promise<void>;
  fetch: (this: GroupInside, nodeId: unknown) => Promise<object[]>;
  seekOffsets: (this: GroupInside, assigned: unknown) => Promise<void>;
}

/** The part of kafkajs' OffsetManager that is used; each assignment has its own, with its generation. */
export interface OffsetsInside {
  readonly memberAssignment: Readonly<Record<string, readonly number[]>>;
  /** Positions that are committed or, once resolved, would be the start. */
  committedOffsets(): Readonly<Record<string, Readonly<Record<number, string>>>>;
  commitOffsets(offsets: { topics: TopicOffsets[] }): Promise<void>;
}

interface TopicOffsets {
  readonly topic: string;
  readonly partitions: { readonly partition: number; readonly offset: string }[];
}

/** The part of kafkajs' RequestQueue that is used. */
export interface QueueInside {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests: (this: QueueInside) => void;
}

interface Patchable<Inside> {
  readonly prototype: Inside & { [PATCHED]?: true };
}

const PATCHED = Symbol.for('porchlight.kafkajs-patched');
const inside = createRequire(import.meta.url);

const hooksByAssigner = new WeakMap<object, GroupHooks>();
const epochByBatch = new WeakMap<object, number>();
const startsByOffsets = new WeakMap<OffsetsInside, Promise<void>>();

/** The classes as patched; exported for the tests that guard the patches. */
export const RequestQueue = inside('kafkajs/src/network/requestQueue') as Patchable<QueueInside>;
export const ConsumerGroup = inside('kafkajs/src/consumer/consumerGroup') as Patchable<GroupInside>;

/** @returns a round-robin assigner by which the patched group finds `hooks` */
export const assignerWith =
  (hooks: GroupHooks): kafkajs.PartitionAssigner =>
  (context) => {
    const assigner = { ...kafkajs.PartitionAssigners.roundRobin(context) };
    hooksByAssigner.set(assigner, hooks);
    return assigner;
  };

/** @returns the epoch under which a batch was fetched; undefined for a batch of an unhooked consumer */
export const epochOf = (batch: object): number | undefined => epochByBatch.get(batch);

const hooksOf = (group: GroupInside): GroupHooks | undefined =>
  group.assigners.map((assigner) => hooksByAssigner.get(assigner)).find((hooks) => hooks !== undefined);

/**
 * An idle connection re-arms a timer of -1 ms for ever: 4 % of a core against 0.8 %, and TimeoutNegativeWarning. With nothing pending and no
 * throttle there is nothing to check.
 */
function patchIdleTimer({ prototype }: Patchable<QueueInside>): void {
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: QueueInside): void {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
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
 * between. Such a response is dropped, and each batch is tagged with the epoch it belongs to.
 */
function patchFetch({ prototype }: Patchable<GroupInside>): void {
  const fetch = prototype.fetch;
  prototype.fetch = async function (this: GroupInside, nodeId: unknown): Promise<object[]> {
    const assignedBefore = this.offsetManager;
    const batches = await fetch.call(this, nodeId);
    const hooks = hooksOf(this);
    if (hooks === undefined) return batches;
    if (this.offsetManager !== assignedBefore) return [];
    for (const batch of batches) epochByBatch.set(batch, hooks.epoch());
    return batches;
  };
}

/**
 * 'latest' means another offset each time it is asked for. What it means at the first assignment is committed before anything is fetched from
 * there: a crash before the first commit would else lose every record that was begun, and a quiet partition what comes while it moves.
 * A refusal is met as one of the fetch would be: kafkajs calls this in front of it, again and again.
 */
function patchSeek({ prototype }: Patchable<GroupInside>): void {
  const seek = prototype.seekOffsets;
  prototype.seekOffsets = async function (this: GroupInside, assigned: unknown): Promise<void> {
    const offsets = this.offsetManager;
    await seek.call(this, assigned);
    const topics = hooksOf(this)?.fromLatest ?? [];
    if (offsets === null || topics.length === 0) return;
    const committed = startsByOffsets.get(offsets) ?? commitStarts(offsets, topics);
    startsByOffsets.set(offsets, committed);
    await committed.catch((error: unknown) => {
      startsByOffsets.delete(offsets);
      throw error;
    });
  };
}

/** Once for an assignment; where something was committed before, it writes the same again. */
async function commitStarts(offsets: OffsetsInside, topics: readonly string[]): Promise<void> {
  const starts = topics.map((topic) => ({ topic, partitions: startsOf(offsets, topic) }));
  const known = starts.filter(({ partitions }) => partitions.length > 0);
  if (known.length > 0) await offsets.commitOffsets({ topics: known });
}

const startsOf = (offsets: OffsetsInside, topic: string): TopicOffsets['partitions'] =>
  (offsets.memberAssignment[topic] ?? []).flatMap((partition) => {
    const offset = offsets.committedOffsets()[topic]?.[partition];
    return offset === undefined || Number(offset) < 0 ? [] : [{ partition, offset }];
  });

function patchOnce<Inside>(target: Patchable<Inside>, ...patches: ((target: Patchable<Inside>) => void)[]): void {
  if (target.prototype[PATCHED] === true) return;
  for (const patch of patches) patch(target);
  Object.defineProperty(target.prototype, PATCHED, { value: true });
}

patchOnce(RequestQueue, patchIdleTimer);
patchOnce(ConsumerGroup, patchJoin, patchFetch, patchSeek);
