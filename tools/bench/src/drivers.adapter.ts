import { Redis } from 'ioredis';
import { Kafka, logLevel, Partitioners } from 'kafkajs';

/** A plain connection, beside the apps' own. */
export const connectRedis = (url: string): Redis => new Redis(url);

/** One that subscribes: by RESP2, whose messages are told as such; RESP3 has kinds of its own. */
export const connectListener = (url: string): Redis => new Redis(url, { protocol: 2 });

export interface PlainProducer {
  /** Resolves when every replica in sync has the record. */
  send(topic: string, key: string, value: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** A bare kafkajs producer: one request a record, so that what is measured after it is not its batching. */
export async function connectProducer(brokers: string): Promise<PlainProducer> {
  const kafka = new Kafka({ clientId: 'bench', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  return {
    send: async (topic, key, value) => void (await producer.send({ topic, acks: -1, messages: [{ key, value }] })),
    close: () => producer.disconnect(),
  };
}
