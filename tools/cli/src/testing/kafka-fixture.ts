import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import { CliError } from '../cli-error.ts';
import type { LogRecord } from '../kafka/log-reader.ts';
import { readRecords } from '../kafka/read-records.ts';
import { withKafka, type KafkaPorts } from '../kafka/with-kafka.ts';
import { ownName, serverAddress } from './dev-servers.ts';

/** The version of kafkajs whose inside the adapters know. */
export const kafkajsVersion = (): string =>
  (createRequire(import.meta.url)('kafkajs/package.json') as { version: string }).version;

/** @returns the error that a refused command ends with @throws if it was not refused */
export async function refusal(work: Promise<unknown>): Promise<CliError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

/** Topics and groups of one test file's own, on a Kafka that others share. */
export class KafkaFixture {
  readonly brokers = serverAddress('KAFKA_BROKERS').split(',');
  readonly kafka = new kafkajs.Kafka({
    brokers: this.brokers,
    clientId: 'cli-tests',
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 10, initialRetryTime: 50 },
  });
  readonly admin = this.kafka.admin();
  readonly #producer = this.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  readonly #topics: string[] = [];
  readonly #groups: string[] = [];
  readonly #consumers: kafkajs.Consumer[] = [];

  async open(): Promise<void> {
    await this.admin.connect();
    await this.#producer.connect();
  }

  async close(): Promise<void> {
    for (const consumer of this.#consumers) await consumer.disconnect();
    const existing = new Set(await this.admin.listTopics());
    const topics = this.#topics.filter((name) => existing.has(name));
    if (topics.length > 0) await this.admin.deleteTopics({ topics });
    const { groups } = await this.admin.listGroups();
    const known = this.#groups.filter((name) => groups.some(({ groupId }) => groupId === name));
    if (known.length > 0) await this.admin.deleteGroups(known);
    await this.#producer.disconnect();
    await this.admin.disconnect();
  }

  /** Work over the ports that a command has. */
  use<T>(work: (ports: KafkaPorts) => Promise<T>): Promise<T> {
    return withKafka(this.brokers, work);
  }

  /** @returns a group that no other test has; its name begins like those of the apps */
  group(): string {
    const name = `porchlight.${ownName('group')}`;
    this.#groups.push(name);
    return name;
  }

  async topic(
    partitions = 1,
    { name = ownName('topic'), configs = {} }: { name?: string; configs?: Record<string, string> } = {},
  ): Promise<string> {
    this.#topics.push(name);
    const configEntries = Object.entries(configs).map(([entry, value]) => ({ name: entry, value }));
    await this.admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: name, numPartitions: partitions, replicationFactor: 1, configEntries }],
    });
    return name;
  }

  async send(topic: string, messages: kafkajs.Message[]): Promise<void> {
    await this.#producer.send({ topic, acks: -1, messages });
  }

  /** The group stands at these offsets, and nobody is in it. */
  async stand(group: string, topic: string, offsets: readonly number[]): Promise<void> {
    const committed = offsets.map((offset, partition) => ({ topic, partition, offset }));
    await this.use(({ groups }) => groups.commit(group, committed));
  }

  /** Retention takes what lies before an offset of partition 0. */
  async cut(topic: string, offset: number): Promise<void> {
    // kafkajs knows the leader only of topics that it was asked about.
    await this.admin.fetchTopicOffsets(topic);
    await this.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
  }

  /** A member that owns all partitions and reads nothing. @returns when it has joined */
  async join(group: string, topic: string): Promise<kafkajs.Consumer> {
    const consumer = this.kafka.consumer({ groupId: group, allowAutoTopicCreation: false });
    this.#consumers.push(consumer);
    const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => undefined });
    await joined;
    return consumer;
  }

  /** Everything in a topic, by partition and offset. */
  recordsOf(topic: string): Promise<LogRecord[]> {
    return this.use(async ({ reader }) => {
      const bounds = (await reader.boundsOf(topic)) ?? [];
      const records: LogRecord[] = [];
      const stretches = bounds.map(({ partition, low, end }) => ({ topic, partition, offset: low, end }));
      for await (const some of readRecords(reader, stretches)) records.push(...some);
      return records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
    });
  }
}
