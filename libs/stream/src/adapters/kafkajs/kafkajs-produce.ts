import kafkajs from 'kafkajs';
import type { OutgoingRecord, Produce } from '../../run-loop/output-batcher.ts';
import { asStreamError } from './kafkajs-errors.ts';

/** A producer that reconnects by itself. */
export interface ProducerConnection {
  readonly produce: Produce;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/**
 * A kafkajs producer as the batchers use it: acks from all in-sync replicas, one request in flight (order survives a retry), the partitioner that
 * Java clients have (murmur2), no topic created by a typo.
 */
export function createProducerConnection(
  kafka: kafkajs.Kafka,
  options: { retry?: kafkajs.RetryOptions; metadataAgeMs: number },
): ProducerConnection {
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    idempotent: false,
    maxInFlightRequests: 1,
    metadataMaxAge: options.metadataAgeMs,
    ...(options.retry === undefined ? {} : { retry: options.retry }),
  });
  let connected: Promise<void> | undefined;
  const connect = (): Promise<void> => {
    connected ??= producer.connect().catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };
  return {
    connect,
    disconnect: () => producer.disconnect(),
    async produce(records) {
      try {
        await connect();
        await producer.sendBatch({ acks: -1, topicMessages: byTopic(records) });
      } catch (error) {
        if (String(error).includes('disconnected')) connected = undefined;
        throw asStreamError(error, 'produce');
      }
    },
  };
}

/** Grouped by topic, in the order given: the order within a topic's partition is the order here. */
function byTopic(records: readonly OutgoingRecord[]): kafkajs.TopicMessages[] {
  const messages = new Map<string, kafkajs.Message[]>();
  for (const { topic, key, value, headers } of records) {
    const list = messages.get(topic) ?? [];
    list.push({ key, value, headers });
    messages.set(topic, list);
  }
  return [...messages].map(([topic, list]) => ({ topic, messages: list }));
}
