import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import '@porchlight/stream';
import kafkajs from 'kafkajs';

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';

const OFFSETS_TOPIC = '__consumer_offsets';
const REPLICATION = 3;
/** How many looks in a row may fail before the connections are thrown away: kafkajs can cling to a broker that is gone. */
const FAILURES_MAX = 3;
/** How often what a scenario cannot do without is asked for, and the wait between. */
const TRIES_MAX = 8;
const TRY_AGAIN_MS = 500;

export interface PartitionView {
  readonly partition: number;
  readonly leader: number;
  readonly isr: readonly number[];
  readonly replicas: readonly number[];
}

/** A record as it is read at the end of a run. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** UTC milliseconds. */
  readonly timestamp: number;
}

/** The checker's own view of the cluster, on a bare client: nothing of the library that is judged has a part in it. */
export class ClusterView {
  readonly #kafka: kafkajs.Kafka;
  #admin: kafkajs.Admin;
  #connected: Promise<void> | undefined;
  #failures = 0;

  constructor(brokers: readonly string[]) {
    this.#kafka = new kafkajs.Kafka({
      brokers: [...brokers],
      clientId: 'checker',
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 500 },
    });
    this.#admin = this.#kafka.admin();
  }

  async close(): Promise<void> {
    await this.#admin.disconnect().catch(() => undefined);
  }

  async createTopic(topic: string, partitions: number, config: Readonly<Record<string, string>> = {}): Promise<void> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    const wanted = { topic, numPartitions: partitions, replicationFactor: REPLICATION, configEntries };
    await this.#insist((admin) => admin.createTopics({ waitForLeaders: false, topics: [wanted] }));
  }

  /** @param count  how many partitions there shall be in all */
  async growTopic(topic: string, count: number): Promise<void> {
    await this.#insist((admin) => admin.createPartitions({ topicPartitions: [{ topic, count }] }));
  }

  async partitions(topic: string): Promise<PartitionView[]> {
    const { topics } = await this.#insist((admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    const found = topics[0]?.partitions ?? [];
    return found
      .map(({ partitionId, leader, isr, replicas }) => ({ partition: partitionId, leader, isr, replicas }))
      .toSorted((a, b) => a.partition - b.partition);
  }

  /** The node that leads the group's partition of the offsets topic. */
  async coordinatorOf(groupId: string): Promise<number> {
    const partitions = await this.partitions(OFFSETS_TOPIC);
    const at = offsetsPartitionOf(groupId, partitions.length);
    return partitions.find(({ partition }) => partition === at)?.leader ?? -1;
  }

  /** Gives a partition other replicas: the first of them leads it in the end. */
  async reassign(topic: string, partition: number, replicas: readonly number[]): Promise<void> {
    const partitionAssignment = [{ partition, replicas: [...replicas] }];
    await this.#insist((admin) => admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] }));
  }

  /** The offset after the last record of each partition. */
  async ends(topic: string): Promise<number[]> {
    const found = await this.#ask((admin) => admin.fetchTopicOffsets(topic));
    return found.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
  }

  /** The group's committed offsets by partition; -1 where there is none. */
  async committed(groupId: string, topic: string): Promise<number[]> {
    const found = await this.#ask((admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
    const partitions = found[0]?.partitions ?? [];
    return partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset));
  }

  async memberCount(groupId: string): Promise<number> {
    const { groups } = await this.#insist((admin) => admin.describeGroups([groupId]));
    return groups[0]?.state === 'Stable' ? groups[0].members.length : 0;
  }

  /** Appends records as they are, to the partitions that are named. */
  async append(topic: string, records: readonly { partition: number; key: string; value: Buffer }[]): Promise<void> {
    const producer = this.#kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    try {
      // One by one: when a leader moves, kafkajs leaves out what it sends again to a broker that has answered already.
      for (const record of records) await producer.send({ topic, acks: -1, messages: [{ ...record }] });
    } finally {
      await producer.disconnect();
    }
  }

  /** Reads a whole topic, in the order of each partition, and calls `take` for each record. */
  async read(topic: string, take: (record: ReadRecord) => void): Promise<void> {
    const ends = await this.ends(topic);
    const missing = new Set(ends.flatMap((end, partition) => (end > 0 ? [partition] : [])));
    if (missing.size === 0) return;
    const consumer = this.#kafka.consumer({ groupId: `checker.${randomUUID()}`, maxWaitTimeInMs: 50 });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
        const eachBatch = async ({ batch }: kafkajs.EachBatchPayload): Promise<void> => {
          for (const message of batch.messages) take(readRecord(batch.partition, message));
          if (Number(batch.lastOffset()) + 1 >= (ends[batch.partition] ?? 0)) missing.delete(batch.partition);
          if (missing.size === 0) resolve();
        };
        consumer.run({ autoCommit: false, eachBatch }).catch(reject);
      });
    } finally {
      await consumer.disconnect().catch(() => undefined);
    }
  }

  async #insist<T>(question: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#ask(question);
      } catch (thrown) {
        if (tries >= TRIES_MAX) throw thrown;
        await delay(TRY_AGAIN_MS);
      }
    }
  }

  /** Once: for a look that is repeated anyway. */
  async #ask<T>(question: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
    try {
      await (this.#connected ??= this.#admin.connect());
      const answer = await question(this.#admin);
      this.#failures = 0;
      return answer;
    } catch (thrown) {
      this.#failures += 1;
      if (this.#failures >= FAILURES_MAX) this.#reconnectNext();
      throw thrown;
    }
  }

  #reconnectNext(): void {
    this.#failures = 0;
    void this.#admin.disconnect().catch(() => undefined);
    this.#admin = this.#kafka.admin();
    this.#connected = undefined;
  }
}

function readRecord(partition: number, message: kafkajs.KafkaMessage): ReadRecord {
  const { offset, key, value, headers = {}, timestamp } = message;
  const texts = Object.entries(headers).map(([name, header]) => [name, String(header)] as const);
  const keyText = key === null ? null : key.toString();
  return {
    partition,
    offset: Number(offset),
    key: keyText,
    value,
    headers: Object.fromEntries(texts),
    timestamp: Number(timestamp),
  };
}

/** As the brokers choose it: Java's hash of the id, its sign bit cleared. */
export function offsetsPartitionOf(groupId: string, partitions: number): number {
  let hash = 0;
  for (let index = 0; index < groupId.length; index += 1) hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0;
  return (hash & 0x7f_ff_ff_ff) % partitions;
}
