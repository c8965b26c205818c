import { reportStarts } from '../assignment/report-starts.ts';
import { startPoliciesOf, type StartPolicy } from '../assignment/start-offset.ts';
import { startTeller } from '../assignment/told-start.ts';
import { PartitionWatch } from '../assignment/watch-partitions.ts';
import { nameOf } from '../partition-name.ts';
import type { Clock } from '../clock.ts';
import { StreamError } from '../errors.ts';
import { errorOf, fateOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';
import type {
  LogRange,
  PartitionPosition,
  Serde,
  StreamApp,
  StreamState,
  TaskDefinition,
  TopicPartition,
} from '../port.ts';
import type { OutgoingRecord } from '../run-loop/output-batcher.ts';
import type { LogClient, LogPlace, PartitionOffset } from '../run-loop/log-client.ts';
import { RunLoop } from '../run-loop/run-loop.ts';
import type { RunLoopSettings } from '../settings.ts';
import type { StateBacking } from '../state/state-keeper.ts';
import type { StreamTracing } from '../tracing.ts';
import { settleMemoryStarts } from './memory-starts.ts';
import type { MemoryLog, MemoryMember } from './memory-log.ts';

/** What can be made to go wrong between an app and the log in memory. */
export interface MemoryFaults {
  /** Produce requests fail as if the broker were down. */
  produceDown: boolean;
  /** Produce requests are taken and never answered. */
  produceHangs: boolean;
  /** Commits are refused. */
  commitDown: boolean;
  /** Nobody answers where the log begins and ends. */
  lookUpDown: boolean;
  /** Where the log begins and ends is answered after this. */
  lookUpHeld: Promise<void> | null;
  /** The group may have given the partitions away: no heartbeat was answered for a session. */
  membershipUnsure: boolean;
}

export interface MemoryAppOptions {
  readonly log: MemoryLog;
  readonly groupId: string;
  readonly definitions: readonly TaskDefinition<unknown>[];
  readonly serde: Serde;
  readonly clock: Clock;
  readonly logger: StreamLogger;
  readonly metrics: StreamMetrics;
  readonly tracing?: StreamTracing | undefined;
  readonly settings: RunLoopSettings;
  readonly onFatal: (error: Error) => void;
  /** For definitions with stores. */
  readonly state?: StateBacking;
}

interface Position {
  readonly at: TopicPartition;
  next: bigint;
}

/** Records of one delivery. Small, so that short tests meet the seams between deliveries too. */
const FETCH_RECORDS_MAX = 50;

/** A stream app on the log in memory: the same run loop and the same task classes, driven by another client. */
export class MemoryApp implements StreamApp, MemoryMember, LogClient {
  readonly faults: MemoryFaults = {
    produceDown: false,
    produceHangs: false,
    commitDown: false,
    lookUpDown: false,
    lookUpHeld: null,
    membershipUnsure: false,
  };
  readonly topics: readonly string[];
  readonly #options: MemoryAppOptions;
  readonly #runLoop: RunLoop;
  /** Commits that were refused because they came from outside an assignment; the run loop should never try one. */
  readonly staleCommits: PartitionOffset[] = [];
  readonly #partitionWatch: PartitionWatch;
  readonly #policyOf: (topic: string) => StartPolicy;
  #commitNotes: ReadonlyMap<string, string> = new Map();
  #positions = new Map<string, Position>();
  /** As in kafkajs, a pause outlasts the assignment it was made in. */
  readonly #paused = new Set<string>();
  #phase: StreamState['phase'] = 'starting';
  #stopped = false;

  constructor(options: MemoryAppOptions) {
    this.#options = options;
    this.#runLoop = new RunLoop({
      ...options,
      log: options.logger,
      client: this,
      onFatal: (error) => this.#failed(error),
    });
    this.#partitionWatch = new PartitionWatch(options.definitions);
    this.#policyOf = startPoliciesOf(options.definitions);
    this.topics = this.#runLoop.topics.map(({ topic }) => topic);
  }

  async start(): Promise<void> {
    await this.#options.log.join(this.#options.groupId, this);
    if (this.#phase === 'starting') this.#phase = 'running';
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#phase !== 'failed') this.#phase = 'draining';
    await this.#runLoop.stop();
    this.#positions.clear();
    if (this.#phase !== 'failed') this.#phase = 'stopped';
    await this.#options.log.leave(this.#options.groupId, this);
  }

  /** Ends as a killed process does: nothing finished, nothing committed. */
  async crash(): Promise<void> {
    this.#stopped = true;
    this.#runLoop.kill();
    this.#positions.clear();
    this.#phase = 'stopped';
    await this.#options.log.leave(this.#options.groupId, this);
  }

  state(): StreamState {
    const now = this.#options.clock.now();
    const joinedOnce = this.#phase !== 'starting';
    const seenAt = joinedOnce ? now : null;
    const partitions = this.#runLoop.partitions();
    return {
      phase: this.#phase,
      joinedOnce,
      partitions,
      lastHeartbeatAt: seenAt,
      lastFetchAt: seenAt,
      waitingFor: this.#runLoop.waitingFor(),
    };
  }

  isLive(): boolean {
    return this.#phase !== 'failed' && this.#runLoop.longestProcessMs() <= this.#options.settings.processMsMax;
  }

  isReady(): boolean {
    return this.#phase === 'running';
  }

  // ---- the member's side ----

  async revoke(): Promise<void> {
    await this.#runLoop.revoke();
    this.#positions.clear();
  }

  assign(partitions: readonly TopicPartition[]): void {
    try {
      this.#partitionWatch.check((topic) => this.#options.log.partitionsOf(topic));
    } catch (error) {
      return this.#runLoop.fail(errorOf(error));
    }
    this.#runLoop.assign(partitions);
    if (partitions.every(({ topic }) => this.#policyOf(topic).startAt === undefined))
      this.#begin(partitions, new Map());
    else void this.#askWhereToBegin(partitions);
  }

  async #askWhereToBegin(partitions: readonly TopicPartition[]): Promise<void> {
    const { log, groupId, logger, clock, settings } = this.#options;
    const { epoch } = this.#runLoop;
    const checkWanted = (): void => {
      if (epoch !== this.#runLoop.epoch) throw new StreamError('PARTITION_LOST', 'retry', 'the assignment is over');
    };
    const limits = { firstMs: settings.retryFirstMs, mostMs: settings.retryMostMs };
    const tell = startTeller({ policyOf: this.#policyOf, clock, log: logger, limits, checkWanted });
    try {
      const told = await Promise.all(
        partitions.map(async (at): Promise<[string, bigint | null]> => {
          const range = { earliest: log.earliest(at), end: BigInt(log.read(at).length) };
          return [nameOf(at), await tell(at, { ...range, committed: log.committed(groupId, at) ?? null })];
        }),
      );
      checkWanted();
      this.#begin(partitions, new Map(told));
    } catch (error) {
      if (fateOf(error) !== 'retry') this.#runLoop.fail(errorOf(error));
    }
  }

  #begin(partitions: readonly TopicPartition[], told: ReadonlyMap<string, bigint | null>): void {
    const { log, groupId, logger, metrics, clock } = this.#options;
    const { starts, notes } = settleMemoryStarts(partitions, {
      ...{ log, groupId, policyOf: this.#policyOf, nowMs: clock.now(), told },
    });
    reportStarts(starts, { log: logger, groupId, metrics });
    this.#commitNotes = notes;
    this.#positions = new Map(
      starts.map(({ topic, partition, nextOffset }) => {
        const at = { topic, partition };
        return [nameOf(at), { at, next: nextOffset }];
      }),
    );
    this.#runLoop.noteStarts(starts);
    this.wake();
  }

  wake(): void {
    for (const position of this.#positions.values()) void this.#deliver(position);
  }

  async #deliver(position: Position): Promise<void> {
    const epoch = this.#runLoop.epoch;
    // Appends during this turn go in one delivery, and never re-enter the task that appended.
    await Promise.resolve();
    while (!this.#paused.has(nameOf(position.at)) && this.#positions.get(nameOf(position.at)) === position) {
      const all = this.#options.log.read(position.at);
      const fetched = all.slice(Number(position.next), Number(position.next) + FETCH_RECORDS_MAX);
      if (fetched.length === 0) return;
      const taken = this.#runLoop.deliver(epoch, position.at, fetched, BigInt(all.length));
      if (taken === null) return;
      position.next = taken.last + 1n;
      this.#runLoop.notePassed(epoch, position.at, position.next);
    }
  }

  // ---- the run loop's client ----

  pause(at: TopicPartition): void {
    this.#paused.add(nameOf(at));
  }

  resume(at: TopicPartition): void {
    this.#paused.delete(nameOf(at));
    const position = this.#positions.get(nameOf(at));
    if (position !== undefined) void this.#deliver(position);
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (this.faults.commitDown) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'commits are down');
    const stale = offsets.filter((at) => !this.#positions.has(nameOf(at)));
    if (stale.length > 0) {
      this.staleCommits.push(...stale);
      throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'the membership that would commit is over');
    }
    const { log, groupId } = this.#options;
    for (const at of offsets) log.commit(groupId, at, at.nextOffset, this.#commitNotes.get(at.topic) ?? null);
  }

  readonly produce = async (records: readonly OutgoingRecord[]): Promise<void> => {
    if (this.faults.produceDown) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'produces are down');
    if (this.faults.produceHangs) return new Promise(() => undefined);
    for (const record of records) this.#options.log.produce(record, this.#options.clock.now());
  };

  async offsetsAt(partitions: readonly TopicPartition[], place: LogPlace): Promise<readonly bigint[]> {
    if (this.faults.lookUpDown) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'nobody says where the log ends');
    await this.faults.lookUpHeld;
    const { log } = this.#options;
    return partitions.map((at) => (place === 'earliest' ? log.earliest(at) : BigInt(log.read(at).length)));
  }

  seek(at: TopicPartition, offset: bigint): void {
    const position = this.#positions.get(nameOf(at));
    if (position === undefined) return;
    position.next = offset;
    void this.#deliver(position);
  }

  isMember(): boolean {
    return !this.faults.membershipUnsure;
  }

  // ---- positions ----

  positions(): readonly PartitionPosition[] {
    return this.faults.membershipUnsure ? [] : this.#runLoop.positions();
  }

  rangesOf(partitions: readonly TopicPartition[]): Promise<readonly LogRange[]> {
    return this.#runLoop.rangesOf(partitions);
  }

  rewind(at: TopicPartition, offset: bigint): Promise<void> {
    return this.#runLoop.rewind(at, offset);
  }

  #failed(error: Error): void {
    this.#phase = 'failed';
    this.#options.onFatal(error);
  }
}
