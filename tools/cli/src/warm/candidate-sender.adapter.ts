import { createSchemaRegistry, createSerde, topics, type Topic, type WarmupCandidates } from '@porchlight/contracts';
import kafkajs from 'kafkajs';
import { createKafka, textOf } from '../kafka/kafka-client.adapter.ts';
import { CliError } from '../cli-error.ts';
import type { CandidateSender } from './warm-homes.ts';

export interface CandidatePlace {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  /** Another one for tests on a shared Kafka. */
  readonly topic?: Topic<WarmupCandidates>;
}

/**
 * A producer with the schema of the contracts, for the time of some work.
 *
 * @throws {CliError} KAFKA_UNREACHABLE; {ContractError} of the registry, and what the work throws
 */
export async function withCandidateSender<T>(
  { brokers, registryUrl, topic = topics.warmupCandidates }: CandidatePlace,
  work: (sender: CandidateSender) => Promise<T>,
): Promise<T> {
  const serde = createSerde({ registry: createSchemaRegistry({ url: registryUrl }) });
  await serde.prepare([topic]);
  const producer = createKafka(brokers).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  const reached = (request: Promise<unknown>): Promise<unknown> =>
    request.catch((error: unknown) => {
      throw new CliError(
        'KAFKA_UNREACHABLE',
        `Kafka at ${brokers.join(',')} takes no record for ${topic.name} (${textOf(error)}): is it running, and may you write there?`,
        error,
      );
    });
  try {
    await reached(producer.connect());
    return await work({
      async send(records) {
        const messages = records.map((record) => ({ key: record.tile, value: serde.encode(topic, record) }));
        await reached(producer.send({ topic: topic.name, acks: -1, messages }));
      },
    });
  } finally {
    await producer.disconnect().catch(() => undefined);
  }
}
