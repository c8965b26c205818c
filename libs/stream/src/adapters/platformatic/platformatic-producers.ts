import { compatibilityPartitioner, ProduceAcks, Producer } from '@platformatic/kafka';
import { StreamError } from '../../errors.ts';
import type { OutgoingRecord, Produce } from '../../run-loop/output-batcher.ts';
import type { KafkaConnection } from '../kafkajs/kafkajs-connection.ts';
import type { KafkaSettings } from '../kafkajs/kafkajs-settings.ts';
import { asStreamError } from './platformatic-errors.ts';

type BytesProducer = Producer<Buffer, Buffer, Buffer, Buffer>;

/** Producers by topic; each connects with its first record, or before. */
export interface TopicProducers {
  /** Of one topic. */
  readonly produce: Produce;
  /**
   * Looks whether every topic can be written: it exists, and each partition has a leader.
   *
   * @throws {StreamError} KAFKA_UNAVAILABLE, naming the first topic that cannot
   */
  checkWritable(topics: readonly string[]): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

/**
 * One producer for each topic: a broker answers the requests of one connection one after the other, and a topic that waits for its replicas must hold
 * up no other. One request is in flight for each (the run loop sees to that), nothing is retried here, and keys go where Java clients send them.
 */
export function createTopicProducers(connection: KafkaConnection, settings: KafkaSettings): TopicProducers {
  const producers = new Map<string, BytesProducer>();
  let closed = false;
  const producerOf = (topic: string): BytesProducer => {
    const known = producers.get(topic);
    if (known !== undefined) return known;
    const created = createProducer(connection, settings);
    producers.set(topic, created);
    return created;
  };
  return {
    async produce(records) {
      if (closed) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'produce: closed');
      const topic = records[0]?.topic;
      if (topic === undefined) return;
      try {
        // The client takes `acks` of the call only: without it the leader's word would do.
        await producerOf(topic).send({ acks: ProduceAcks.ALL, messages: records.map(messageOf) });
      } catch (error) {
        producerOf(topic).clearMetadata(); // another broker may lead by now
        throw asStreamError(error, 'produce');
      }
    },
    async checkWritable(topics) {
      for (const topic of topics)
        await producerOf(topic)
          .metadata({ topics: [topic], forceUpdate: true })
          .catch((error: unknown) => {
            throw asStreamError(error, `the topic ${topic}`);
          });
    },
    async close() {
      closed = true;
      await Promise.all([...producers.values()].map((producer) => producer.close().catch(() => undefined)));
    },
  };
}

function createProducer(connection: KafkaConnection, settings: KafkaSettings): BytesProducer {
  return new Producer({
    clientId: connection.clientId,
    bootstrapBrokers: [...connection.brokers],
    idempotent: false,
    partitioner: createPartitioner(),
    retries: 0,
    repeatOnStaleMetadata: false,
    autocreateTopics: false,
    connectTimeout: settings.connectMs,
    requestTimeout: settings.requestMs,
    timeout: settings.requestMs,
    metadataMaxAge: settings.metadataAgeMs,
  });
}

/**
 * Java's: murmur2 without its sign bit; records without a key in turn. The client's own default keeps the sign bit as a number and so sends half of all
 * keys elsewhere, unless the number of partitions is a power of two.
 */
export function createPartitioner(): (message: unknown, key: Buffer | undefined) => number {
  let turn = 0;
  return (message, key) => {
    if (key !== undefined) return compatibilityPartitioner(message as never, key);
    turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
    return turn;
  };
}

type OutgoingMessage = Parameters<BytesProducer['send']>[0]['messages'][number];

/** @returns the record as the client takes it: what is null is left out */
export function messageOf({ topic, key, value, headers }: OutgoingRecord): OutgoingMessage {
  const names = Object.entries(headers);
  return {
    topic,
    ...(key === null ? {} : { key }),
    ...(value === null ? {} : { value }),
    ...(names.length === 0
      ? {}
      : { headers: new Map(names.map(([name, bytes]) => [Buffer.from(name), Buffer.from(bytes)])) }),
  };
}
