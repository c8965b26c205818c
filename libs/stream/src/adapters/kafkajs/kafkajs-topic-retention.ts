import kafkajs from 'kafkajs';
import { StreamError } from '../../errors.ts';
import { silentLogger } from '../../log.ts';
import { createKafka, type KafkaConnection } from './kafkajs-connection.ts';
import { asStreamError } from './kafkajs-errors.ts';

/** How long the broker keeps the records of a topic. */
export interface TopicRetention {
  readonly topic: string;
  /** Old records are deleted; false: compaction alone, which keeps the last of each key. */
  readonly isDeleting: boolean;
  /** null: for ever. */
  readonly retentionMs: number | null;
  /** null: of any size. */
  readonly retentionBytes: number | null;
}

const NAMES = ['cleanup.policy', 'retention.ms', 'retention.bytes'];
const FOR_EVER = -1;
/** One question at a start; whoever asks, asks again. */
const LIMITS = { connectMs: 3_000, requestMs: 5_000, retriesMax: 0, retryFirstMs: 100, retryMostMs: 100 };

/**
 * Asks the cluster once.
 *
 * @returns one for each topic, in the same order
 * @throws {StreamError} KAFKA_UNAVAILABLE (retry) while it does not answer, does not know a topic, or does not say; KAFKA_REFUSED
 */
export async function readTopicRetention(
  connection: KafkaConnection,
  topics: readonly string[],
): Promise<TopicRetention[]> {
  const admin = createKafka(connection, LIMITS, silentLogger).admin();
  try {
    await admin.connect();
    const resources = topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: NAMES }));
    const answer = await admin.describeConfigs({ resources, includeSynonyms: false });
    const entriesOf = (topic: string): kafkajs.ConfigEntries[] =>
      answer.resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    return topics.map((topic) =>
      retentionOf(topic, new Map(entriesOf(topic).map(({ configName, configValue }) => [configName, configValue]))),
    );
  } catch (error) {
    throw asStreamError(error, `how long ${topics.join(', ')} are kept`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

function retentionOf(topic: string, config: ReadonlyMap<string, string>): TopicRetention {
  const valueOf = (name: string): string => {
    const value = config.get(name);
    if (value !== undefined && value !== '') return value;
    throw new StreamError('KAFKA_UNAVAILABLE', 'retry', `the broker does not say ${name} of ${topic}`);
  };
  const limitOf = (name: string): number | null => (Number(valueOf(name)) === FOR_EVER ? null : Number(valueOf(name)));
  return {
    topic,
    isDeleting: valueOf('cleanup.policy').includes('delete'),
    retentionMs: limitOf('retention.ms'),
    retentionBytes: limitOf('retention.bytes'),
  };
}
