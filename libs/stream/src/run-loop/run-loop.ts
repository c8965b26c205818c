import { settledWithin, type Clock } from '../clock.ts';
import { policyProblems } from '../error-policy.ts';
import { StreamError } from '../errors.ts';
import { codeOf, errorOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';
import type {
  LogRange,
  PartitionPosition,
  PartitionState,
  RawRecord,
  Serde,
  TaskDefinition,
  Topic,
  TopicPartition,
} from '../port.ts';
import { nameOf } from '../partition-name.ts';
import { checkRunLoopSettings, type RunLoopSettings } from '../settings.ts';
import type { StreamTracing } from '../tracing.ts';
import { deadLetterTopicFor } from './dead-letter.ts';
import { StateKeeper, type StateBacking } from '../state/state-keeper.ts';
import { GroupCommit } from './group-commit.ts';
import { Lane } from './lane.ts';
import type { LanePorts } from './lane-ports.ts';
import type { LogClient } from './log-client.ts';
import { OutputBatcher, type Produce } from './output-batcher.ts';
import { ParkingLimit } from './parking-limit.ts';
import { PriorityGate } from './priority-gate.ts';
import { Turns } from './turns.ts';

/** Where an assignment of a partition begins. */
export interface AssignmentStart extends TopicPartition {
  readonly nextOffset: bigint;
  /** An operator, not the group, has set it. */
  readonly isSetByHand: boolean;
}

/** What the run loop took of a fetch. */
export interface Delivery {
  /** Offset of the last record taken; the client's position is the next one. */
  readonly last: bigint;
  /** For tasks in order: once their records are done or `inlineBatchMs` has passed; else at once. */
  readonly handled: Promise<boolean>;
}

export interface RunLoopOptions {
  readonly groupId: string;
  readonly definitions: readonly TaskDefinition<unknown>[];
  readonly serde: Serde;
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly metrics: StreamMetrics;
  /** Default: nothing is traced. */
  readonly tracing?: StreamTracing | undefined;
  readonly settings: RunLoopSettings;
  readonly client: LogClient;
  /** For definitions with stores; without them nothing of it is used. */
  readonly state?: StateBacking | undefined;
  /** Called once: the process must stop. */
  readonly onFatal: (error: Error) => void;
}

/**
 * The part of the runtime that keeps the promises, for all partitions of one process. A client drives it: `assign` at each join, `deliver` for
 * what was fetched, `revoke` before each rejoin, `stop` at the end.
 */
export class RunLoop {
  readonly #options: RunLoopOptions;
  readonly #ports: LanePorts;
  readonly #outputs: OutputBatcher;
  readonly #definitions: ReadonlyMap<string, { topic: Topic<unknown>; definition: TaskDefinition<unknown> }>;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that are gone and not ended yet: a process call may still be running. */
  readonly #closing = new Map<Lane, Promise<void>>();
  readonly #state: StateKeeper;
  readonly #commits: GroupCommit;
  #epoch = 0;
  #roomsMade = 0;
  #taking = true;
  #failed: Error | undefined;

  constructor(options: RunLoopOptions) {
    this.#options = options;
    this.#definitions = definitionsByTopic(options.definitions);
    const settings = checkRunLoopSettings(options.settings);
    const { groupId, clock, log, metrics, tracing, serde, client } = options;
    const produce: Produce = async (records) => {
      this.#checkMembership(); // outputs may have waited here for as long as the process was stopped
      await client.produce(records);
    };
    const onRoom = (): void => this.#pumpInTurn();
    this.#outputs = new OutputBatcher({ produce, clock, log, metrics, limits: settings, onRoom });
    this.#ports = {
      ...{ groupId, serde, clock, log, metrics, tracing, settings, outputs: this.#outputs },
      parking: new ParkingLimit(clock, settings),
      priorities:
        prioritiesOf(options.definitions) > 1 ? new PriorityGate(clock, settings.priorityHoldMsMax) : undefined,
      turns: new Turns(clock),
      deadLetterTopic: deadLetterTopicFor(groupId),
      checkMembership: () => this.#checkMembership(),
      pause: (at) => client.pause(at),
      resume: (at) => client.resume(at),
      onFatal: (error) => this.fail(error),
    };
    const shared = { groupId, clock, log, metrics, serde, settings, onFull: () => this.#commits.commitAfterThis() };
    this.#commits = new GroupCommit({
      ...{ clock, log, metrics, settings, client },
      lanes: () => [...this.#lanes.values()],
      isTaking: () => this.#taking,
      onInterval: () => this.#reportLag(),
    });
    this.#state = new StateKeeper(shared, options.definitions, options.state);
  }

  /** Counts assignments: what was fetched under another epoch than the present one must not be delivered. */
  get epoch(): number {
    return this.#epoch;
  }

  get failure(): Error | undefined {
    return this.#failed;
  }

  get topics(): readonly { topic: string; startFrom: 'earliest' | 'latest' }[] {
    return [...this.#definitions].map(([topic, { definition }]) => ({ topic, startFrom: definition.startFrom }));
  }

  /** A new assignment, complete: partitions that stay keep their task, the others' tasks are closed. Synchronous: it fences at once. */
  assign(partitions: readonly TopicPartition[]): void {
    this.#epoch += 1;
    this.#commits.forget();
    const assigned = new Set(partitions.map(nameOf));
    for (const [name, lane] of this.#lanes) if (!assigned.has(name)) this.#closeLane(name, lane);
    if (!this.#taking || this.#failed !== undefined) return;
    for (const at of partitions) this.#openLane(at);
    this.#options.metrics.rebalanced(partitions.length);
    this.#commits.schedule();
  }

  /**
   * Queues fetched records, as far as there is room.
   *
   * @param epoch  the `epoch` under which they were fetched
   * @returns      what was taken; null if nothing was, and the client must not move its position
   */
  deliver(epoch: number, at: TopicPartition, records: readonly RawRecord[], endOffset: bigint): Delivery | null {
    const lane = this.#lanes.get(nameOf(at));
    if (epoch !== this.#epoch || !this.#taking || lane === undefined) return null;
    const last = lane.deliver(records, endOffset);
    if (last === null) return null;
    const handled = lane.isInline ? lane.idleWithin(this.#ports.settings.inlineBatchMs) : Promise.resolve(true);
    return { last, handled };
  }

  /** Before the first delivery of an assignment: where it begins, and where an operator has set its offset. */
  noteStarts(starts: readonly AssignmentStart[]): void {
    for (const start of starts) {
      const lane = this.#lanes.get(nameOf(start));
      lane?.noteStart(start.nextOffset);
      if (start.isSetByHand) lane?.noteSetByHand();
    }
  }

  /** Behind a delivery that was taken whole: where the client's position is now. */
  notePassed(epoch: number, at: TopicPartition, nextOffset: bigint): void {
    if (epoch === this.#epoch) this.#lanes.get(nameOf(at))?.notePassed(nextOffset);
  }

  /** @see StreamPositions */
  positions(): PartitionPosition[] {
    return [...this.#lanes.values()].flatMap((lane) => {
      const { appliedOffset } = lane;
      return lane.isOurs && appliedOffset !== null ? [{ ...lane.at, assignment: this.#epoch, appliedOffset }] : [];
    });
  }

  /** @see StreamPositions */
  async rangesOf(partitions: readonly TopicPartition[]): Promise<LogRange[]> {
    const { client } = this.#options;
    const [earliest, ends] = await Promise.all([
      client.offsetsAt(partitions, 'earliest'),
      client.offsetsAt(partitions, 'end'),
    ]);
    return partitions.map((_, index) => ({ earliest: earliest[index] ?? 0n, end: ends[index] ?? 0n }));
  }

  /** @see StreamPositions */
  async rewind(at: TopicPartition, offset: bigint): Promise<void> {
    const { client } = this.#options;
    const epoch = this.#epoch;
    this.#checkRewind(at, offset, epoch);
    const [earliest = 0n] = await client.offsetsAt([at], 'earliest');
    if (offset < earliest)
      throw new StreamError('OFFSET_OUT_OF_RANGE', 'park', `${nameOf(at)} begins at ${earliest}, behind ${offset}`);
    const lane = this.#checkRewind(at, offset, epoch); // as it is now: from here to the client's position nothing is awaited
    client.seek(at, offset);
    lane.rewind(offset);
  }

  /** @throws {StreamError} PARTITION_LOST, REWIND_REFUSED */
  #checkRewind(at: TopicPartition, offset: bigint, epoch: number): Lane {
    const lane = this.#lanes.get(nameOf(at));
    const applied = lane?.appliedOffset ?? null;
    if (lane === undefined || applied === null || !lane.isTaking || epoch !== this.#epoch)
      throw new StreamError('PARTITION_LOST', 'retry', `${nameOf(at)} is not ours, or its start is not known yet`);
    if (lane.hooks !== undefined)
      throw new StreamError(
        'REWIND_REFUSED',
        'crash',
        `${nameOf(at)} has a state, which would take its records for done`,
      );
    if (offset > applied)
      throw new StreamError('REWIND_REFUSED', 'crash', `${nameOf(at)} has come to ${applied}, not to ${offset}`);
    return lane;
  }

  /** The end of a partition as the log said it last, also when there was nothing to deliver: keeps the lag fresh. */
  noteEnd(at: TopicPartition, endOffset: bigint): void {
    this.#lanes.get(nameOf(at))?.noteEnd(endOffset);
  }

  /** Before a rejoin: takes no more, finishes within `drainMs`, commits, fences. Never rejects. */
  async revoke(): Promise<void> {
    const epoch = this.#epoch;
    await this.#drain();
    // Another assignment may have come while we drained (the session was lost meanwhile): its lanes are not ours to fence.
    if (epoch === this.#epoch) this.lost();
  }

  /** The partitions are gone: nothing that ends from now on counts. */
  lost(): void {
    this.#epoch += 1;
    this.#lanes.forEach((lane) => lane.fence());
  }

  /** The end: takes no more, finishes within `drainMs`, commits, closes the tasks. Never rejects; then the client may leave the group. */
  async stop(): Promise<void> {
    this.#taking = false;
    await this.#drain();
    this.#commits.cancel();
    this.lost();
    this.#outputs.close();
    for (const [name, lane] of this.#lanes) this.#closeLane(name, lane);
    await this.#within(this.#ports.settings.finalCommitMs, Promise.all(this.#closing.values()));
  }

  /** Ends at once, as a killed process does: nothing is waited for, nothing committed. */
  kill(): void {
    this.#taking = false;
    this.#commits.cancel();
    this.lost();
    this.#outputs.close();
  }

  /** Something unplanned: begins nothing more, and tells the process once. */
  fail(error: Error): void {
    if (this.#failed !== undefined) return;
    this.#failed = error;
    this.#lanes.forEach((lane) => lane.suspend());
    this.#options.onFatal(error);
  }

  /** Commits every watermark that has moved; single-flight. False if the log did not take it. */
  commit(): Promise<boolean> {
    return this.#commits.commit();
  }

  /** Those that are ours: not what was lost and may be somebody else's by now. */
  partitions(): PartitionState[] {
    return [...this.#lanes.values()].filter(({ isOurs }) => isOurs).map((lane) => lane.state());
  }

  /** What any partition waits for, and `kafka` while outputs are refused. */
  waitingFor(): string[] {
    const codes = this.partitions().flatMap(({ waitingFor }) => (waitingFor === null ? [] : [waitingFor]));
    return [...new Set(this.#outputs.isWaitingForLog ? [...codes, 'kafka'] : codes)];
  }

  /** Milliseconds that the longest call into a task has been running, those of partitions that went elsewhere included. */
  longestProcessMs(): number {
    const now = this.#options.clock.now();
    const lanes = [...this.#lanes.values(), ...this.#closing.keys()];
    return Math.max(0, ...lanes.map(({ processingSince }) => now - (processingSince ?? now)));
  }

  /** There is room for outputs again. Another partition is first each time: the first one could take all of it, every time. */
  #pumpInTurn(): void {
    const lanes = [...this.#lanes.values()];
    this.#roomsMade += 1;
    const first = this.#roomsMade % Math.max(1, lanes.length);
    for (const lane of [...lanes.slice(first), ...lanes.slice(0, first)]) lane.pump();
  }

  /** A question that is held back is asked again; by then a heartbeat was answered, or the partition is lost and nothing of it is wanted. */
  #checkMembership(): void {
    if (this.#options.client.isMember?.() !== false) return;
    throw new StreamError('MEMBERSHIP_UNSURE', 'retry', 'no heartbeat was answered for a whole session');
  }

  #openLane(at: TopicPartition): void {
    const name = nameOf(at);
    const found = this.#definitions.get(at.topic);
    if (found === undefined)
      return this.fail(new StreamError('NO_TASK_FOR_TOPIC', 'crash', `no task reads ${at.topic}`));
    const existing = this.#lanes.get(name);
    if (existing !== undefined) return existing.open();
    try {
      const hooks = this.#state.stateOf(at, found.definition);
      const lane = new Lane(this.#ports, { at, ...found, after: this.#endOfEarlier(name), hooks });
      this.#lanes.set(name, lane);
      lane.open();
    } catch (error) {
      this.fail(errorOf(error));
    }
  }

  /** The end of the tasks that this partition had here before; undefined if none is still ending. */
  #endOfEarlier(name: string): Promise<unknown> | undefined {
    const ends = [...this.#closing].filter(([lane]) => nameOf(lane.at) === name).map(([, end]) => end);
    return ends.length === 0 ? undefined : Promise.all(ends);
  }

  #closeLane(name: string, lane: Lane): void {
    this.#lanes.delete(name);
    const closed = lane
      .close()
      .catch((error: unknown) =>
        this.#options.log.error('a task failed to close', { ...lane.at, code: codeOf(error, 'UNKNOWN') }),
      )
      .finally(() => this.#closing.delete(lane));
    this.#closing.set(lane, closed);
  }

  async #drain(): Promise<void> {
    const { drainMs, finalCommitMs } = this.#ports.settings;
    const lanes = [...this.#lanes.values()];
    lanes.forEach((lane) => lane.suspend());
    const drained = await this.#within(drainMs, Promise.all(lanes.map((lane) => lane.whenIdle())));
    if (!drained) this.#options.log.warn('gave up waiting for running records; they will come again', { drainMs });
    await this.#within(finalCommitMs, this.#commits.commitLast());
  }

  #within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
    return settledWithin(this.#options.clock, limitMs, work);
  }

  #reportLag(): void {
    for (const { topic, partition, lag, lagAgeMs } of this.partitions())
      this.#options.metrics.lag({ topic, partition }, lag, lagAgeMs);
  }
}

const prioritiesOf = (definitions: readonly TaskDefinition<unknown>[]): number =>
  new Set(definitions.map(({ priority = 0 }) => priority)).size;

/** @throws {StreamError} DUPLICATE_INPUT when two definitions read one topic; BAD_SETTING for a policy that cannot be meant */
function definitionsByTopic(
  definitions: readonly TaskDefinition<unknown>[],
): Map<string, { topic: Topic<unknown>; definition: TaskDefinition<unknown> }> {
  const byTopic = new Map<string, { topic: Topic<unknown>; definition: TaskDefinition<unknown> }>();
  for (const definition of definitions) {
    const wrong = policyProblems(definition.errors ?? {});
    if (wrong.length > 0) throw new StreamError('BAD_SETTING', 'crash', wrong.join('; '));
    checkPositionHooks(definition);
    for (const topic of definition.inputs) {
      if (byTopic.has(topic.name)) throw new StreamError('DUPLICATE_INPUT', 'crash', `two tasks read ${topic.name}`);
      byTopic.set(topic.name, { topic, definition });
    }
  }
  return byTopic;
}

/** A state stands for exactly one offset, the committed one; positions that come from elsewhere would part them. */
function checkPositionHooks(definition: TaskDefinition<unknown>): void {
  const hasState = (definition.stores ?? []).length > 0;
  if (hasState && (definition.startAt !== undefined || definition.commitAtMost !== undefined))
    throw new StreamError('BAD_SETTING', 'crash', 'startAt and commitAtMost are not for a task with stores');
}
