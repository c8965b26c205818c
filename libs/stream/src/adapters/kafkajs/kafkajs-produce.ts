import kafkajs from 'kafkajs';
import { delay, settledWithin, systemClock } from '../../clock.ts';
import type { OutgoingRecord, Produce } from '../../run-loop/output-batcher.ts';
import { StreamError } from '../../errors.ts';
import { asStreamError, outageCode } from './kafkajs-errors.ts';

const ONCE = { most: 1, waitMs: 0 };

/** How long connections get that are let go of: there is nothing under way on them. */
const LET_GO_MS = 1_000;

const wasNotAnswered = (error: unknown): boolean => outageCode(error) === 'KafkaJSRequestTimeoutError';

/** A producer that reconnects by itself. */
export interface ProducerConnection {
  readonly produce: Produce;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

export interface ProducerConnectionOptions {
  readonly metadataAgeMs: number;
  /** How often a call is begun in all before it rejects, and the wait between. Default: once; the batchers try again themselves, for ever. */
  readonly tries?: { readonly most: number; readonly waitMs: number };
}

/**
 * A kafkajs producer as the batchers use it: acks from all in-sync replicas, one request in flight (order survives a retry), the partitioner that
 * Java clients have (murmur2), no topic created by a typo.
 *
 * kafkajs itself never tries again. It remembers by broker who has answered: when one broker took its part and another refused because it had lost
 * its partitions to the first, the next try leaves the first one out, and the refused records are called sent and are nowhere. A call that is
 * begun anew sends everything again: twice, perhaps, but never not at all.
 */
export function createProducerConnection(kafka: kafkajs.Kafka, options: ProducerConnectionOptions): ProducerConnection {
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    idempotent: false,
    maxInFlightRequests: 1,
    metadataMaxAge: options.metadataAgeMs,
    retry: { retries: 0 },
  });
  let connected: Promise<void> | undefined;
  let closed = false;
  const connect = async (): Promise<void> => {
    // Whoever tries again after the end would open a connection that nobody closes, and the process would not exit.
    if (closed) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'produce: closed');
    connected ??= answered(producer.connect()).catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };
  // kafkajs asks again on the connection that did not answer. One that leads nowhere, because a machine or a network has gone without a word,
  // never breaks by itself for a quarter of an hour: the next try opens another.
  const answered = async (request: Promise<unknown>): Promise<void> => {
    try {
      await request;
    } catch (error) {
      if (wasNotAnswered(error)) {
        await settledWithin(systemClock, LET_GO_MS, producer.disconnect()).catch(() => false);
        connected = undefined;
      }
      throw error;
    }
  };
  return {
    connect,
    async disconnect() {
      closed = true;
      await connected?.catch(() => undefined);
      await producer.disconnect();
    },
    async produce(records) {
      const topicMessages = byTopic(records);
      const { most, waitMs } = options.tries ?? ONCE;
      for (let attempt = 1; ; attempt += 1) {
        try {
          await connect();
          await answered(producer.sendBatch({ acks: -1, topicMessages }));
          return;
        } catch (error) {
          if (String(error).includes('disconnected')) connected = undefined;
          const failure = asStreamError(error, 'produce');
          if (attempt >= most || failure.fate !== 'retry') throw failure;
          await delay(systemClock, waitMs);
        }
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
