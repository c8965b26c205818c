import type kafkajs from 'kafkajs';
import { StreamError } from '../../errors.ts';
import type { Produce } from '../../run-loop/output-batcher.ts';
import { asStreamError } from './kafkajs-errors.ts';
import { createProducerConnection, type ProducerConnection } from './kafkajs-produce.ts';

/** Producers by topic; each connects with its first record, or before. */
export interface TopicProducers {
  /** Of one topic. */
  readonly produce: Produce;
  /** Early, so that the first records do not pay for it. */
  connect(topics: readonly string[]): Promise<void>;
  disconnect(): Promise<void>;
}

/**
 * One kafkajs producer for each topic: a client refreshes the metadata of all its topics in one request, under one lock, and one topic that is
 * missing or has no leader fails it for all of them.
 */
export function createTopicProducers(kafka: kafkajs.Kafka, options: { metadataAgeMs: number }): TopicProducers {
  const producers = new Map<string, ProducerConnection>();
  let closed = false;
  const producerOf = (topic: string): ProducerConnection => {
    const known = producers.get(topic);
    if (known !== undefined) return known;
    const created = createProducerConnection(kafka, options);
    producers.set(topic, created);
    return created;
  };
  const refuseIfClosed = (): void => {
    if (closed) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'produce: closed');
  };
  return {
    async connect(topics) {
      refuseIfClosed();
      await Promise.all(topics.map((topic) => producerOf(topic).connect()));
    },
    async produce(records) {
      refuseIfClosed();
      const topic = records[0]?.topic;
      if (topic !== undefined) await producerOf(topic).produce(records);
    },
    async disconnect() {
      closed = true;
      await Promise.all([...producers.values()].map((producer) => producer.disconnect()));
    },
  };
}

/**
 * @returns the number of partitions of each topic; asks nothing for none
 * @throws {StreamError} KAFKA_UNAVAILABLE, naming the first topic that is not there
 */
export async function countPartitions(
  kafka: kafkajs.Kafka,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  await describeTopics(kafka, topics, (topic, partitions) => void counts.set(topic, partitions));
  return counts;
}

/**
 * Looks whether every topic can be written: it exists, and each partition has a leader.
 *
 * @throws {StreamError} KAFKA_UNAVAILABLE, naming the first topic that cannot
 */
export async function checkWritable(kafka: kafkajs.Kafka, topics: readonly string[]): Promise<void> {
  await describeTopics(kafka, topics, () => undefined);
}

async function describeTopics(
  kafka: kafkajs.Kafka,
  names: readonly string[],
  found: (topic: string, partitions: number) => void,
): Promise<void> {
  if (names.length === 0) return;
  const admin = kafka.admin();
  try {
    await admin.connect();
    for (const topic of names) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] }).catch((error: unknown) => {
        throw asStreamError(error, `the topic ${topic}`);
      });
      found(topic, topics[0]?.partitions.length ?? 0);
    }
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
