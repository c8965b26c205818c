import type { Clock } from '../clock.ts';
import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { Serde, TaskDefinition, Topic, TopicPartition } from '../port.ts';
import type { RunLoopSettings } from '../settings.ts';
import type { StreamTracing } from '../tracing.ts';
import type { OutputBatcher } from './output-batcher.ts';
import type { ParkingLimit } from './parking-limit.ts';
import type { PriorityGate } from './priority-gate.ts';
import type { TaskHooks } from './task-hooks.ts';
import type { Turns } from './turns.ts';

/** What one partition's lane shares with the others of its process. */
export interface LanePorts {
  readonly groupId: string;
  readonly deadLetterTopic: string;
  readonly serde: Serde;
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly metrics: StreamMetrics;
  /** Undefined where nothing is traced. */
  readonly tracing?: StreamTracing | undefined;
  readonly settings: RunLoopSettings;
  readonly outputs: OutputBatcher;
  readonly parking: ParkingLimit;
  /** Undefined where all inputs have one priority. */
  readonly priorities?: PriorityGate | undefined;
  readonly turns: Turns;
  /**
   * Just before whatever has an effect.
   *
   * @throws {StreamError} MEMBERSHIP_UNSURE (retry) while the group may have given our partitions away
   */
  checkMembership(): void;
  /** Asks the log's client to stop and to go on fetching this partition. */
  pause(at: TopicPartition): void;
  resume(at: TopicPartition): void;
  /** Stops the whole process: something happened that nobody planned. */
  onFatal(error: Error): void;
}

/** What a lane runs. */
export interface LaneInput {
  readonly at: TopicPartition;
  readonly topic: Topic<unknown>;
  readonly definition: TaskDefinition<unknown>;
  /** The end of an earlier task of the same partition, which must not overlap this one. */
  readonly after?: Promise<unknown> | undefined;
  /** What a task with state hangs in; none for one without. */
  readonly hooks?: TaskHooks | undefined;
}

/**
 * The right to work on a partition during one assignment. A record holds the lease under which it was begun; what ends under an older one
 * counts for nothing.
 */
export interface Lease {
  /** New records may be begun. */
  taking: boolean;
  /** What ends may still move the watermark and be committed. */
  valid: boolean;
  /** An operator, not the group, said where this assignment begins; known before its first record. */
  isSetByHand?: boolean;
}
