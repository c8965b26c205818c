import { reportStarts } from '../assignment/report-starts.ts';
import { startPoliciesOf, type StartPolicy } from '../assignment/start-offset.ts';
import { PartitionWatch } from '../assignment/watch-partitions.ts';
import type { Clock } from '../clock.ts';
import { StreamError } from '../errors.ts';
import { errorOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { Serde, StreamApp, StreamState, TaskDefinition, TopicPartition } from '../port.ts';
import type { OutgoingRecord } from '../run-loop/output-batcher.ts';
import { RunLoop, type LogClient, type PartitionOffset } from '../run-loop/run-loop.ts';
import type { RunLoopSettings } from '../settings.ts';
import type { StateBacking } from '../state/state-keeper.ts';
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
    const { log, groupId, logger, metrics, clock } = this.#options;
    const { starts, notes } = settleMemoryStarts(partitions, {
      ...{ log, groupId, policyOf: this.#policyOf, nowMs: clock.now() },
    });
    reportStarts(starts, { log: logger, groupId, metrics });
    this.#commitNotes = notes;
    this.#positions = new Map(
      starts.map(({ topic, partition, nextOffset }) => {
        const at = { topic, partition };
        return [keyOf(at), { at, next: nextOffset }];
      }),
    );
    this.#runLoop.assign(partitions);
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
    while (!this.#paused.has(keyOf(position.at)) && this.#positions.get(keyOf(position.at)) === position) {
      const all = this.#options.log.read(position.at);
      const fetched = all.slice(Number(position.next), Number(position.next) + FETCH_RECORDS_MAX);
      if (fetched.length === 0) return;
      const taken = this.#runLoop.deliver(epoch, position.at, fetched, BigInt(all.length));
      if (taken === null) return;
      position.next = taken.last + 1n;
    }
  }

  // ---- the run loop's client ----

  pause(at: TopicPartition): void {
    this.#paused.add(keyOf(at));
  }

  resume(at: TopicPartition): void {
    this.#paused.delete(keyOf(at));
    const position = this.#positions.get(keyOf(at));
    if (position !== undefined) void this.#deliver(position);
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (this.faults.commitDown) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'commits are down');
    const stale = offsets.filter((at) => !this.#positions.has(keyOf(at)));
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

  isMember(): boolean {
    return !this.faults.membershipUnsure;
  }

  #failed(error: Error): void {
    this.#phase = 'failed';
    this.#options.onFatal(error);
  }
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
