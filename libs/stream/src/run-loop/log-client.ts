import type { TopicPartition } from '../port.ts';
import type { Produce } from './output-batcher.ts';

/** The next offset of a partition, to be committed. */
export interface PartitionOffset extends TopicPartition {
  readonly nextOffset: bigint;
}

/** The first offset that the log still has, or the one that the next record will get. */
export type LogPlace = 'earliest' | 'end';

/** What the run loop asks of the log's client. The kafkajs adapter and the in-memory log both implement it. */
export interface LogClient {
  /** Stop and go on fetching one partition; both idempotent, neither throws. */
  pause(at: TopicPartition): void;
  resume(at: TopicPartition): void;
  /**
   * Writes offsets under the membership in force at the moment of the call (no await before that is captured); rejects when they
   * were not written.
   */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  readonly produce: Produce;
  /** An end of each partition as the log has it now, in the same order. @throws {StreamError} KAFKA_UNAVAILABLE (retry) */
  offsetsAt(partitions: readonly TopicPartition[], place: LogPlace): Promise<readonly bigint[]>;
  /** The next fetch of a partition begins here, in the assignment in force; what was fetched from another position is not delivered any more. */
  seek(at: TopicPartition, offset: bigint): void;
  /**
   * False while the group may have given our partitions away, though nobody could tell us: no heartbeat was answered for a whole session. A process that
   * was stopped knows it by its clock before anything else reaches it. Left out: always true.
   */
  isMember?(): boolean;
}
