import { systemClock } from '../../clock.ts';
import { createPublisher, type PublisherOptions } from '../../publisher/publisher.ts';
import type { Publisher } from '../../publisher/publisher-port.ts';
import { createKafka, type ClientLimits, type KafkaConnection } from './kafkajs-connection.ts';
import { createProducerConnection } from './kafkajs-produce.ts';

/** Short, because a publisher must know soon that a broker does not answer: 0.1 s for one that is down, 4 s for one that hangs. */
export const publisherClientLimits: ClientLimits = {
  connectMs: 1_000,
  requestMs: 2_000,
  retriesMax: 1,
  retryFirstMs: 50,
  retryMostMs: 200,
};

const METADATA_AGE_MS = 30_000;

export interface KafkaPublisherOptions extends Omit<PublisherOptions, 'transport' | 'clock'> {
  readonly connection: KafkaConnection;
  readonly clock?: PublisherOptions['clock'];
}

/** The never-blocking publisher on a Kafka client of its own. */
export function createKafkaPublisher(options: KafkaPublisherOptions): Publisher {
  const kafka = createKafka(options.connection, publisherClientLimits, options.log);
  const transport = createProducerConnection(kafka, {
    tries: { most: publisherClientLimits.retriesMax + 1, waitMs: publisherClientLimits.retryFirstMs },
    metadataAgeMs: METADATA_AGE_MS,
  });
  return createPublisher({ ...options, clock: options.clock ?? systemClock, transport });
}
