import type { TopicPartition } from '../../port.ts';
import type { PartitionOffset } from '../../run-loop/log-client.ts';
import type { CommitNotes, Committed } from './group-offsets.ts';

/** How many partitions each topic has. */
export type PartitionCounts = ReadonlyMap<string, number>;

/** What a membership tells the app that it is for. */
export interface GroupHooks {
  /** Awaited before partitions are given up: finishes what runs, commits, fences. Never rejects. */
  drain(): Promise<void>;
  /** The partitions are gone: nothing that ends from now on counts. */
  lost(): void;
  /** A new assignment, complete, and the counts that it was made by. Synchronous: it fences at once. */
  assigned(partitions: readonly TopicPartition[], counts: PartitionCounts): void;
  /** The coordinator answered a question of that instant: the one sign that all is well. */
  answered(askedAt: number): void;
  /** It did not, or somebody else it needs; it is asked again. */
  unanswered(error: unknown): void;
}

/** One process's place in its group, from the first join until it leaves. */
export interface GroupMembership {
  /** Joins, says that it lives, joins again when the group changes; waits for what is away. Resolves when left, rejects when it cannot go on. */
  run(): Promise<void>;
  /** Under the membership in force at the moment of the call: it is captured before anything is awaited. Rejects when it was not written. */
  commit(offsets: readonly PartitionOffset[], notes: CommitNotes): Promise<void>;
  /** @returns by `topic/partition`, where something is committed */
  committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, Committed>>;
  /** Gives the partitions up at once, except for a static member, whose place is kept for a session. Never rejects. */
  leave(): Promise<void>;
}
