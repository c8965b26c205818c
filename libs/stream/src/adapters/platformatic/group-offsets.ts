import { encodeNote } from '../../assignment/commit-note.ts';
import type { TopicPartition } from '../../port.ts';
import type { PartitionOffset } from '../../run-loop/log-client.ts';
import type { Answer, KafkaLink } from './kafka-link.ts';
import { nameOf } from '../../partition-name.ts';

/** A membership as the coordinator knows it; a request that carries one that is over is refused. */
export interface Credentials {
  readonly groupId: string;
  readonly memberId: string;
  /** The generation of a classic group, the member's epoch of a consumer group. */
  readonly epoch: number;
  readonly instanceId: string | null;
}

/** What a group has committed of a partition. */
export interface Committed {
  readonly offset: bigint;
  /** What was said beside it. */
  readonly metadata: string | null;
}

/** What to say beside each commit, by topic. */
export type CommitNotes = ReadonlyMap<string, string>;

/** Writes offsets under exactly these credentials. */
export async function commitOffsets(
  link: Pick<KafkaLink, 'ask'>,
  { groupId, memberId, epoch, instanceId }: Credentials,
  { offsets, notes }: { readonly offsets: readonly PartitionOffset[]; readonly notes: CommitNotes },
): Promise<void> {
  const topics = [...byTopic(offsets)].map(([name, list]) => ({
    name,
    partitions: list.map(({ topic, partition, nextOffset }) => ({
      partitionIndex: partition,
      committedOffset: nextOffset,
      committedLeaderEpoch: -1,
      committedMetadata: notes.get(topic) ?? encodeNote({ sinceMs: null }),
    })),
  }));
  await link.ask('OffsetCommit', groupId, epoch, memberId, instanceId, topics);
}

/** @returns by `topic/partition`, where something is committed; it waits out transactions that are about to commit more */
export async function fetchCommitted(
  link: Pick<KafkaLink, 'ask'>,
  group: { readonly groupId: string; readonly memberId: string | null; readonly memberEpoch: number },
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, Committed>> {
  const topics = [...byTopic(partitions)].map(([name, list]) => ({
    name,
    partitionIndexes: list.map(({ partition }) => partition),
  }));
  return committedIn(await link.ask('OffsetFetch', [{ ...group, topics }], true));
}

function committedIn({ groups }: Answer<'OffsetFetch'>): Map<string, Committed> {
  const committed = new Map<string, Committed>();
  for (const { topics } of groups)
    for (const { name, partitions } of topics)
      for (const { partitionIndex, committedOffset: offset, metadata } of partitions)
        if (offset >= 0n)
          committed.set(nameOf({ topic: name, partition: partitionIndex }), { offset, metadata: metadata ?? null });
  return committed;
}

function byTopic<T extends TopicPartition>(partitions: readonly T[]): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const at of partitions) topics.set(at.topic, [...(topics.get(at.topic) ?? []), at]);
  return topics;
}
