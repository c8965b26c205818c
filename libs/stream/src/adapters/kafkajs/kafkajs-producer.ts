import { settledWithin, systemClock } from '../../clock.ts';
import type { StreamLogger } from '../../log.ts';
import { noMetrics, type StreamMetrics } from '../../metrics.ts';
import type { Serde, Topic } from '../../port.ts';
import { OutputBatcher } from '../../run-loop/output-batcher.ts';
import { createKafka, type KafkaConnection } from './kafkajs-connection.ts';
import { createTopicProducers } from './kafkajs-topic-producers.ts';
import { productionSettings, type StreamSettings } from './kafkajs-settings.ts';

/** A producer outside a stream task, for those who must know that the log has it (an outbox relay, a loader). */
export interface KafkaProducer {
  /**
   * Resolves when the record is acknowledged by all in-sync replicas. While Kafka is down it waits, for ever; calls made in order for one topic are
   * written in order, retries included, and what is sent to it in one turn goes in one request.
   *
   * @throws what `Serde.encode` throws; {@link StreamError} KAFKA_REFUSED when the broker refuses it for good
   */
  send<V>(topic: Topic<V>, key: string, value: V, headers?: Readonly<Record<string, string>>): Promise<void>;
  /** True while it waits for Kafka. */
  readonly isWaiting: boolean;
  /** Rejects what is not acknowledged, and disconnects. */
  close(): Promise<void>;
}

export interface KafkaProducerOptions {
  readonly connection: KafkaConnection;
  readonly serde: Serde;
  readonly log: StreamLogger;
  readonly metrics?: Pick<StreamMetrics, 'produced'>;
  /** Default: productionSettings. */
  readonly settings?: StreamSettings;
}

/** Connects at the first send. The caller bounds how many sends it leaves unawaited. */
export function createKafkaProducer({
  connection,
  serde,
  log,
  metrics = noMetrics,
  settings = productionSettings,
}: KafkaProducerOptions): KafkaProducer {
  const kafka = createKafka(connection, settings.kafka, log);
  const client = createTopicProducers(kafka, { metadataAgeMs: settings.kafka.metadataAgeMs });
  const limits = settings.runLoop;
  const batcher = new OutputBatcher({
    produce: client.produce,
    clock: systemClock,
    log,
    metrics,
    limits,
    onRoom: () => undefined,
  });
  return {
    async send(topic, key, value, headers = {}) {
      return batcher.submit([{ topic: topic.name, key: Buffer.from(key), value: serde.encode(topic, value), headers }]);
    },
    get isWaiting() {
      return batcher.isWaitingForLog;
    },
    async close() {
      batcher.close();
      await settledWithin(systemClock, settings.kafka.disconnectMs, client.disconnect()).catch(() => false);
    },
  };
}
