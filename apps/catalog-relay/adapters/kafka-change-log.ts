import {
  createKafkaProducer,
  productionSettings,
  StreamError,
  type KafkaConnection,
  type KafkaProducer,
  type Serde,
  type StreamLogger,
} from '@porchlight/stream';
import kafkajs from 'kafkajs';
import type { ChangeLog } from '../change-log.ts';

export interface KafkaChangeLogOptions {
  readonly connection: KafkaConnection;
  /** The topics whose partitions are counted. */
  readonly topics: readonly string[];
  readonly log: StreamLogger;
}

/** The values are bytes already: what cannot be encoded was sorted out before. */
const bytesAsTheyAre: Serde = {
  encode: (_topic, value) => value as Buffer,
  decode: () => {
    throw new TypeError('this producer reads nothing');
  },
};

/** Numbers of the metadata reads: fail soon, the next round asks again. */
const ADMIN_RETRY = { retries: 1, initialRetryTime: 100, maxRetryTime: 500 };

/** The change log on Kafka. Connects at the first call. */
export function kafkaChangeLog({ connection, topics, log }: KafkaChangeLogOptions): ChangeLog {
  let producer: KafkaProducer | undefined;
  const counter = partitionCounter(connection, topics);
  const abandon = async (): Promise<void> => {
    const abandoned = producer;
    producer = undefined;
    await abandoned?.close();
  };
  return {
    async publish(records) {
      producer ??= createKafkaProducer({ connection, serde: bytesAsTheyAre, log, settings: productionSettings });
      const current = producer;
      // One turn: they go in one request, in this order.
      await Promise.all(
        records.map(({ topic, key, value, headers }) => current.send({ name: topic }, key, value, headers)),
      );
    },
    partitions: () => counter.read(),
    abandon,
    async close() {
      await Promise.all([abandon(), counter.close()]);
    },
  };
}

function partitionCounter({ brokers, clientId }: KafkaConnection, topics: readonly string[]) {
  const kafka = new kafkajs.Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: productionSettings.kafka.connectMs,
    requestTimeout: productionSettings.kafka.connectMs,
    retry: ADMIN_RETRY,
    logLevel: kafkajs.logLevel.NOTHING, // the error below is logged by who asked
  });
  const admin = kafka.admin();
  let connected: Promise<void> | undefined;
  return {
    async read(): Promise<Record<string, number>> {
      try {
        connected ??= admin.connect();
        await connected;
        const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
        return Object.fromEntries(found.map(({ name, partitions }) => [name, partitions.length]));
      } catch (error) {
        connected = undefined;
        const reason = error instanceof Error ? error.message : 'no answer';
        throw new StreamError('KAFKA_UNAVAILABLE', 'retry', `partitions of the topics: ${reason}`, { cause: error });
      }
    },
    async close(): Promise<void> {
      await admin.disconnect().catch(() => undefined);
    },
  };
}
