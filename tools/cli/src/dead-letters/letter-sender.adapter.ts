import kafkajs from 'kafkajs';
import { refusalOf } from '../kafka/kafka-client.adapter.ts';
import { RecordTooLarge, type LetterSender, type Outgoing, type Place } from './letter-sender.ts';

const CONNECT_MS = 2_000;
const REQUEST_MS = 3_000;
/**
 * Two tries more, inside. With one partition in a send they are safe: kafkajs leaves records out of a second try only where another broker had
 * answered the first (libs/stream, kafkajs-produce.ts). The sequence numbers stay the same, so what had been taken is not written twice.
 */
const RETRY = { retries: 2, initialRetryTime: 200, maxRetryTime: 500 };
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];

/** @returns offsets that follow each other from the base that the broker named @throws if it named none */
function offsetsOf({ topic, partition }: Place, records: number, answers: readonly kafkajs.RecordMetadata[]): number[] {
  const base = Number(
    answers.find((each) => each.topicName === topic && each.partition === partition)?.baseOffset ?? -1,
  );
  if (base < 0) throw new Error(`the broker did not say where the records of ${topic} ${partition} are`);
  return Array.from({ length: records }, (_, at) => base + at);
}

const messageOf =
  (partition: number) =>
  ({ key, value, headers }: Outgoing): kafkajs.Message => ({ partition, key, value, headers: { ...headers } });

/** A producer of its own, with short time-outs. @returns it connected */
export async function createLetterSender(brokers: readonly string[]): Promise<LetterSender> {
  const kafka = new kafkajs.Kafka({
    clientId: 'porchlight-cli-dlq',
    brokers: [...brokers],
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: RETRY,
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: RETRY,
  });
  await producer.connect();
  return {
    async send(place, records) {
      const messages = records.map(messageOf(place.partition));
      try {
        const answers = await producer.send({ topic: place.topic, acks: -1, messages });
        return offsetsOf(place, records.length, answers);
      } catch (error) {
        if (TOO_LARGE.includes(refusalOf(error) ?? ''))
          throw new RecordTooLarge('the broker takes no record of this size');
        throw error;
      }
    },
    close: () => producer.disconnect(),
  };
}
