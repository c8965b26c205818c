import type { TopicPartition } from '../../port.ts';
import type { PartitionOffset } from '../../run-loop/run-loop.ts';
import { nameOf } from './assignment-reader.ts';
import type { Answer, KafkaLink } from './kafka-link.ts';

/** A membership as the coordinator knows it; a request that carries one that is over is refused. */
export interface Credentials {
  readonly groupId: string;
  readonly memberId: string;
  /** The generation of a classic group, the member's epoch of a consumer group. */
  readonly epoch: number;
  readonly instanceId: string | null;
}

/** Writes offsets under exactly these credentials. */
export async function commitOffsets(
  link: Pick<KafkaLink, 'ask'>,
  { groupId, memberId, epoch, instanceId }: Credentials,
  offsets: readonly PartitionOffset[],
): Promise<void> {
  const topics = [...byTopic(offsets)].map(([name, list]) => ({
    name,
    partitions: list.map(({ partition, nextOffset }) => ({
      partitionIndex: partition,
      committedOffset: nextOffset,
      committedLeaderEpoch: -1,
      committedMetadata: null,
    })),
  }));
  await link.ask('OffsetCommit', groupId, epoch, memberId, instanceId, topics);
}

/** @returns by `topic/partition`, where something is committed; it waits out transactions that are about to commit more */
export async function fetchCommitted(
  link: Pick<KafkaLink, 'ask'>,
  group: { readonly groupId: string; readonly memberId: string | null; readonly memberEpoch: number },
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, bigint>> {
  const topics = [...byTopic(partitions)].map(([name, list]) => ({
    name,
    partitionIndexes: list.map(({ partition }) => partition),
  }));
  return committedIn(await link.ask('OffsetFetch', [{ ...group, topics }], true));
}

function committedIn({ groups }: Answer<'OffsetFetch'>): Map<string, bigint> {
  const committed = new Map<string, bigint>();
  for (const { topics } of groups)
    for (const { name, partitions } of topics)
      for (const { partitionIndex, committedOffset } of partitions)
        if (committedOffset >= 0n) committed.set(nameOf({ topic: name, partition: partitionIndex }), committedOffset);
  return committed;
}

function byTopic<T extends TopicPartition>(partitions: readonly T[]): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const at of partitions) topics.set(at.topic, [...(topics.get(at.topic) ?? []), at]);
  return topics;
}
