import type kafkajs from 'kafkajs';

/**
 * The parts of kafkajs 2.2.4 that it does not show and that are used all the same: by the patches (kafkajs-patches.ts) and by what they call.
 * Nothing else reaches into the client.
 */

/** The part of kafkajs' ConsumerGroup that is used: one for each consumer. */
export interface GroupInside {
  readonly groupId: string;
  readonly assigners: readonly object[];
  readonly cluster: ClusterInside;
  /** Null before the first join, and once the coordinator has said that it does not know us. */
  readonly memberId: string | null;
  /** Of the last join that succeeded or is on its way. */
  readonly generationId: number | null;
  /** Of the assignment in force; null before the first. */
  readonly offsetManager: OffsetsInside | null;
  /** As known at the last join. */
  readonly partitionsPerSubscribedTopic: ReadonlyMap<string, readonly number[]> | null;
  /** When the group was last told of us, by the host's clock. */
  lastRequest: number;
  heartbeat: (this: GroupInside, limits: { interval: number }) => Promise<void>;
  joinAndSync: (this: GroupInside) => Promise<void>;
  fetch: (this: GroupInside, nodeId: unknown) => Promise<BatchInside[]>;
  seekOffsets: (this: GroupInside, assigned: unknown) => Promise<void>;
  recoverFromFetch: (this: GroupInside, error: Error & { readonly type?: string }) => Promise<void>;
}

/** The part of kafkajs' OffsetManager that is used; each assignment has its own, with its generation. */
export interface OffsetsInside {
  readonly memberAssignment: Readonly<Record<string, readonly number[]>>;
  /** Positions that are committed or, once resolved, would be the start. A partition that is here is not asked for again. */
  committedOffsets(): Record<string, Record<number, string>>;
  /** The position: what the next fetch asks for. */
  nextOffset(topic: string, partition: number): { toString(): string };
  /** Moves the position behind an offset. */
  resolveOffset(at: { topic: string; partition: number; offset: string }): void;
  /** Under the membership of this assignment, and under no other. */
  commitOffsets(offsets: { topics: TopicOffsets[] }): Promise<void>;
  getCoordinator(): Promise<CoordinatorInside>;
}

export interface TopicOffsets {
  readonly topic: string;
  readonly partitions: { readonly partition: number; readonly offset: string; readonly metadata: string }[];
}

/** The part of kafkajs' Broker that says whether it can be asked. */
export interface BrokerInside {
  /** Null until it has said which versions of requests it takes. */
  readonly versions: object | null;
  isConnected: (this: BrokerInside) => boolean;
}

/** The part of kafkajs' Broker that is used. */
export interface CoordinatorInside {
  offsetFetch(request: {
    groupId: string;
    topics: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number }[] }[];
  }): Promise<{
    responses: {
      readonly topic: string;
      readonly partitions: { readonly partition: number; readonly offset: string; readonly metadata: string | null }[];
    }[];
  }>;
}

/** The part of kafkajs' Cluster that is used. */
export interface ClusterInside extends Pick<
  kafkajs.Cluster,
  'fetchTopicsOffset' | 'findTopicPartitionMetadata' | 'refreshMetadata'
> {
  /** Partitions by the node that leads them. @throws where the metadata names none */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, number[]>>;
  findBroker(node: { nodeId: string }): Promise<OffsetsBrokerInside>;
  readonly brokerPool: {
    withBroker<T>(run: (found: { broker: BrokerInside }) => Promise<T>): Promise<T>;
  };
}

export interface OffsetsBrokerInside {
  /** @throws a protocol error of any partition */
  listOffsets(request: {
    isolationLevel: 0 | 1;
    topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly timestamp: string }[];
    }[];
  }): Promise<{
    responses: {
      readonly topic: string;
      readonly partitions: { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
}

export interface BrokerInside {
  metadata(topics: readonly string[]): Promise<{ topicMetadata: { partitionMetadata: readonly object[] }[] }>;
}

/** The part of kafkajs' Batch that is used. */
export interface BatchInside {
  readonly topic: string;
  readonly partition: number;
  readonly highWatermark: string;
  /** The position that it was asked for with. */
  readonly fetchedOffset: string;
  /** Of all that it had, also of what is for nobody; the end of the partition for one that brought nothing at all. */
  lastOffset(): string;
  isEmpty(): boolean;
  /** It had records, and none for us (compaction, transaction markers): the position has to move past them all the same. */
  isEmptyDueToFiltering(): boolean;
}

/** The part of kafkajs' RequestQueue that is used. */
export interface QueueInside {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests: (this: QueueInside) => void;
}

/** A Cluster of one's own: connections and metadata, without the consumer or producer that usually hold one. */
export interface ReaderClusterInside extends Pick<
  kafkajs.Cluster,
  'connect' | 'disconnect' | 'addTargetTopic' | 'refreshMetadata' | 'refreshMetadataIfNecessary' | 'fetchTopicsOffset'
> {
  /** Partitions by the node that leads them. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, number[]>>;
  findBroker(node: { nodeId: string }): Promise<ReaderBrokerInside>;
}

interface ReaderBrokerInside {
  /** @throws a protocol error of the partition, NOT_LEADER_FOR_PARTITION and OFFSET_OUT_OF_RANGE among them */
  fetch(request: {
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    /** 0: all records; 1: those of transactions that ended. */
    isolationLevel: 0 | 1;
    topics: {
      topic: string;
      partitions: { partition: number; fetchOffset: string; maxBytes: number }[];
    }[];
  }): Promise<{ responses: { partitions: { messages: kafkajs.KafkaMessage[] }[] }[] }>;
}

/** @returns a cluster with the connection settings of the client; kafkajs keeps its maker behind a symbol */
export function createClusterOf(kafka: kafkajs.Kafka, options: { metadataMaxAge: number }): ReaderClusterInside {
  const inside = kafka as unknown as Record<symbol, (options: object) => ReaderClusterInside>;
  const maker = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const create = maker === undefined ? undefined : inside[maker];
  if (create === undefined) throw new TypeError('kafkajs has no createCluster: it is not 2.2.4');
  return create({ ...options, allowAutoTopicCreation: false });
}
