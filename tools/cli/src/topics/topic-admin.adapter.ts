import kafkajs, { type Admin } from 'kafkajs';
import { CliError } from '../cli-error.ts';
import { createKafka, textOf } from '../kafka/kafka-client.adapter.ts';
import type { FoundTopic } from './compare-topic.ts';
import type { TopicAdmin } from './topic-admin.ts';
import type { WantedTopic } from './wanted-topics.ts';

const LEADERS_TIMEOUT_MS = 10_000;
/** A broker's refusals of single topics, out of the list that kafkajs throws; empty if it was something else. */
function refusalsOf(error: unknown): string[] {
  if (error instanceof kafkajs.KafkaJSProtocolError) return [textOf(error)];
  if (!(error instanceof kafkajs.KafkaJSAggregateError)) return [];
  return error.errors.map((each) =>
    typeof each === 'object' && 'topic' in each ? `${String(each.topic)}: ${each.message}` : textOf(each),
  );
}

async function findTopics(
  admin: Admin,
  names: readonly string[],
  configNames: readonly string[],
): Promise<FoundTopic[]> {
  const existing = new Set(await admin.listTopics());
  const topics = names.filter((name) => existing.has(name));
  if (topics.length === 0) return [];
  const { topics: metadata } = await admin.fetchTopicMetadata({ topics });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: [...configNames],
    })),
  });
  return metadata.map(({ name, partitions }) => {
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    return {
      name,
      partitions: partitions.length,
      replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      configs: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
    };
  });
}

const createTopics = (admin: Admin, topics: readonly WantedTopic[]): Promise<boolean> =>
  admin.createTopics({
    waitForLeaders: true,
    timeout: LEADERS_TIMEOUT_MS,
    topics: topics.map(({ name, partitions, replication, configs }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor: replication,
      configEntries: Object.entries(configs).map(([configName, value]) => ({ name: configName, value })),
    })),
  });

/** Kafka over kafkajs. @throws {CliError} KAFKA_UNREACHABLE */
export async function connectTopicAdmin(brokers: readonly string[]): Promise<TopicAdmin> {
  const admin = createKafka(brokers).admin();
  const unreachable = (error: unknown) =>
    new CliError(
      'KAFKA_UNREACHABLE',
      `no answer from Kafka at ${brokers.join(',')} (${textOf(error)}): is it running, and is KAFKA_BROKERS right?`,
      error,
    );
  const reached = <T>(request: Promise<T>): Promise<T> =>
    request.catch((error: unknown) => Promise.reject(unreachable(error)));
  const accepted = async (request: Promise<unknown>, advice: string): Promise<void> => {
    try {
      await request;
    } catch (error) {
      const refusals = refusalsOf(error);
      if (refusals.length === 0) throw unreachable(error);
      throw new CliError('TOPIC_REFUSED', `Kafka refuses: ${refusals.join('; ')} (${advice})`, error);
    }
  };
  await reached(admin.connect());
  return {
    brokers: async () => (await reached(admin.describeCluster())).brokers.length,
    find: (names, configNames) => reached(findTopics(admin, names, configNames)),
    create: (topics) =>
      accepted(createTopics(admin, topics), 'fewer brokers than replicas? npx porchlight topics apply --replication 1'),
    grow: (growths) =>
      accepted(
        admin.createPartitions({ topicPartitions: growths.map(({ name, to }) => ({ topic: name, count: to })) }),
        'npx porchlight topics list shows how they stand',
      ),
    close: () => admin.disconnect(),
  };
}
