import type { RawRecord, TopicPartition } from '../port.ts';

/** A record to be appended: the partition is that of the call. */
export interface ChangelogRecord {
  readonly key: Buffer;
  /** null is a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** A piece of a partition. */
export interface ChangelogPiece {
  /** In the order of their offsets; compaction leaves gaps between them. */
  readonly records: readonly RawRecord[];
  /** Where to read on; past gaps, so it may rise without any record. */
  readonly nextOffset: bigint;
}

/** How a topic was made. */
export interface ChangelogTopic {
  readonly partitions: number;
  /** `cleanup.policy`, as the broker has it. */
  readonly cleanupPolicy: string;
}

/**
 * A compacted topic as state needs it: written and read by partition, beside the group that reads the inputs. It belongs to no group, so
 * nothing of it heartbeats or rebalances.
 *
 * Every method throws an Error with fate `retry` while the log is down, and does not wait for it: the caller backs off, and says for whom it waits.
 */
export interface ChangelogClient {
  /** @returns null where there is no such topic */
  describe(topic: string): Promise<ChangelogTopic | null>;
  /** The first offset that is there, and the one that the next record will have. */
  bounds(at: TopicPartition): Promise<{ readonly start: bigint; readonly end: bigint }>;
  /**
   * Appends them as ONE batch: all or none, in this order, acknowledged by all in-sync replicas.
   *
   * @returns the offset of the first; the others follow without a gap
   */
  append(at: TopicPartition, records: readonly ChangelogRecord[]): Promise<bigint>;
  /** Reads from an offset, at most some megabytes; without any record only if there is none before `nextOffset`. */
  read(at: TopicPartition, from: bigint): Promise<ChangelogPiece>;
  close(): Promise<void>;
}

/** @returns the name of a group's changelog, to be made by whoever makes the topics */
export const changelogTopicFor = (groupId: string): string => `${groupId}.changelog`;
