import { randomUUID } from 'node:crypto';
import { eventually } from '@porchlight/clock/testing';
import kafkajs from 'kafkajs';
import '../adapters/kafkajs/kafkajs-patches.ts';
import { createKafkaStreamApp } from '../adapters/kafkajs/kafkajs-app.ts';
import { rawRecordsOf } from '../adapters/kafkajs/kafkajs-records.ts';
import { localSettings, type StreamSettings } from '../adapters/kafkajs/kafkajs-settings.ts';
import {
  createPlatformaticStreamApp,
  type PlatformaticStreamAppOptions,
} from '../adapters/platformatic/platformatic-app.ts';
import { silentLogger } from '../log.ts';
import type { RawRecord, Serde, StreamApp, TaskDefinition, Topic } from '../port.ts';
import { deadLetterTopicFor } from '../run-loop/dead-letter.ts';
import { changelogTopicFor } from '../state/changelog-client.ts';

/** JSON for tests on a real broker; bytes that are not JSON cannot be decoded. */
export const jsonSerde: Serde = {
  encode: <V>(_topic: Topic<V>, value: V): Buffer => Buffer.from(JSON.stringify(value)),
  decode: <V>(_topic: Topic<V>, bytes: Buffer): V => JSON.parse(bytes.toString()) as V,
};

/** @returns the brokers to test against @throws when the environment does not name them */
export function brokersToTest(): string[] {
  const brokers = process.env['KAFKA_BROKERS'];
  if (brokers === undefined || brokers === '')
    throw new Error('KAFKA_BROKERS is not set: integration tests need a Kafka (npm test starts one)');
  return brokers.split(',');
}

/** The clients that an app can be tested on: two, and one of them by both group protocols. */
const CLIENTS = ['kafkajs', 'platformatic', 'platformatic-consumer'] as const;
export type ClientToTest = (typeof CLIENTS)[number];

/** @returns the client that apps are to be tested on: PORCHLIGHT_KAFKA_CLIENT, kafkajs by default @throws for one that there is not */
export function clientToTest(): ClientToTest {
  const asked = process.env['PORCHLIGHT_KAFKA_CLIENT'] ?? 'kafkajs';
  const found = CLIENTS.find((client) => client === asked);
  if (found === undefined)
    throw new Error(`PORCHLIGHT_KAFKA_CLIENT must be one of ${CLIENTS.join(', ')}, not ${asked}`);
  return found;
}

/** An app on the client that is to be tested. */
export function createAppToTest(options: PlatformaticStreamAppOptions, client = clientToTest()): StreamApp {
  if (client === 'kafkajs') return createKafkaStreamApp(options);
  const groupProtocol = client === 'platformatic' ? 'classic' : 'consumer';
  return createPlatformaticStreamApp({ groupProtocol, ...options });
}

/** A real Kafka with names of its own, so that tests on one broker do not meet. */
export class RealKafka {
  readonly groupId = `test.${randomUUID()}`;
  readonly brokers = brokersToTest();
  readonly fatal: Error[] = [];
  readonly #prefix = `test.${randomUUID()}`;
  readonly #kafka: kafkajs.Kafka;
  readonly #admin: kafkajs.Admin;
  #producer: kafkajs.Producer;
  readonly #apps: StreamApp[] = [];
  readonly #topics: string[] = [];

  constructor() {
    this.#kafka = new kafkajs.Kafka({
      brokers: this.brokers,
      clientId: 'stream-tests',
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 10, initialRetryTime: 50 },
    });
    this.#admin = this.#kafka.admin();
    this.#producer = this.#createProducer();
  }

  #createProducer(): kafkajs.Producer {
    return this.#kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
  }

  /** Connects, and creates the group's dead-letter topic. */
  async open(): Promise<void> {
    await this.#admin.connect();
    await this.#producer.connect();
    await this.#create(deadLetterTopicFor(this.groupId), 1);
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.stop()));
    await this.#admin.deleteTopics({ topics: this.#topics }).catch(() => undefined);
    await Promise.all([this.#admin.disconnect(), this.#producer.disconnect()]);
  }

  /** @returns the topic that `createTopic` would create, which is not there yet */
  topicNamed<V>(name: string): Topic<V> {
    return { name: `${this.#prefix}.${name}` };
  }

  /** @returns the id of one more group, whose dead-letter topic is there */
  async createGroup(name: string): Promise<string> {
    const groupId = `${this.groupId}-${name}`;
    await this.#create(deadLetterTopicFor(groupId), 1);
    return groupId;
  }

  async createTopic<V>(name: string, partitions = 1, config: Record<string, string> = {}): Promise<Topic<V>> {
    const topic = this.topicNamed<V>(name);
    await this.#create(topic.name, partitions, config);
    return topic;
  }

  /** The changelog of the group; compacted where a test does not say otherwise. */
  async createChangelog(
    partitions = 1,
    config: Record<string, string> = { 'cleanup.policy': 'compact' },
  ): Promise<void> {
    await this.#create(changelogTopicFor(this.groupId), partitions, config);
  }

  async append<V>(
    topic: Topic<V>,
    records: readonly {
      partition?: number;
      key?: string;
      value?: V;
      bytes?: Buffer | null;
      headers?: Record<string, string>;
      timestamp?: number;
    }[],
  ): Promise<void> {
    const messages = records.map(({ partition = 0, key = null, value, bytes, headers = {}, timestamp }) => ({
      partition,
      key,
      value: bytes === undefined ? jsonSerde.encode(topic, value as V) : bytes,
      headers,
      ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
    }));
    await this.#producer.send({ topic: topic.name, acks: -1, messages });
  }

  app(
    definitions: readonly TaskDefinition<unknown>[],
    overrides: Partial<PlatformaticStreamAppOptions> & {
      /** Default: the one that is to be tested. */
      client?: ClientToTest;
      runLoop?: Partial<StreamSettings['runLoop']>;
      kafka?: Partial<StreamSettings['kafka']>;
    } = {},
  ): StreamApp {
    const { client, runLoop, kafka, ...others } = overrides;
    const settings = { runLoop: { ...localSettings.runLoop, ...runLoop }, kafka: { ...localSettings.kafka, ...kafka } };
    const connection = { brokers: this.brokers, clientId: 'stream-tests' };
    const onFatal = (error: Error): void => void this.fatal.push(error);
    const shared = { connection, groupId: this.groupId, serde: jsonSerde, log: silentLogger, onFatal, settings };
    const app = createAppToTest({ ...shared, definitions, ...others }, client);
    this.#apps.push(app);
    return app;
  }

  /** The group's committed offsets of a topic, by partition; -1n where there is none. */
  async committed(topic: Topic<unknown>): Promise<bigint[]> {
    const [found] = await this.#admin.fetchOffsets({ groupId: this.groupId, topics: [topic.name] });
    return (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map(({ offset }) => BigInt(offset));
  }

  /** What an operator does to a group that is not running. */
  async setStart(topic: Topic<unknown>, partition: number, offset: bigint): Promise<void> {
    const { groupId } = this;
    await eventually(
      () => this.memberCount(),
      (members) => members === 0,
      'the end of the group',
    );
    const partitions = [{ partition, offset: String(offset) }];
    await this.#admin.setOffsets({ groupId, topic: topic.name, partitions });
  }

  /** What retention does. */
  async deleteBefore(topic: Topic<unknown>, partition: number, offset: bigint): Promise<void> {
    const partitions = [{ partition, offset: String(offset) }];
    await this.#admin.deleteTopicRecords({ topic: topic.name, partitions });
  }

  async grow(topic: Topic<unknown>, count: number): Promise<void> {
    await this.#admin.createPartitions({ topicPartitions: [{ topic: topic.name, count }] });
    await this.#answering(topic.name, count);
    // kafkajs drops, without an error, a record for a partition that its metadata does not name yet.
    await this.#producer.disconnect();
    this.#producer = this.#createProducer();
    await this.#producer.connect();
  }

  /** Members of the group that the coordinator knows. */
  async memberCount(): Promise<number> {
    const { groups } = await this.#admin.describeGroups([this.groupId]);
    return groups[0]?.members.length ?? 0;
  }

  /** Every record of a topic, by a reader of its own, in the order of each partition. */
  async read(topic: string): Promise<RawRecord[]> {
    const ends = await this.#admin.fetchTopicOffsets(topic);
    const expected = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
    if (expected === 0) return [];
    const records: RawRecord[] = [];
    const consumer = this.#kafka.consumer({ groupId: `read.${randomUUID()}`, maxWaitTimeInMs: 50 });
    try {
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => void records.push(...rawRecordsOf(batch)),
      });
      await eventually(
        () => records.length,
        (count) => count >= expected,
        `${expected} records of ${topic}`,
      );
    } finally {
      await consumer.disconnect();
    }
    return records.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
  }

  deadLetters(): Promise<RawRecord[]> {
    return this.read(deadLetterTopicFor(this.groupId));
  }

  async #create(topic: string, numPartitions: number, config: Record<string, string> = {}): Promise<void> {
    this.#topics.push(topic);
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    const topics = [{ topic, numPartitions, replicationFactor: 1, configEntries }];
    await this.#admin.createTopics({ waitForLeaders: false, topics });
    await this.#answering(topic, numPartitions);
  }

  /** Metadata names leaders that do not answer yet; a producer that meets one sends its whole request again, neighbours included. */
  async #answering(topic: string, partitions: number): Promise<void> {
    const count = async (): Promise<number> => (await this.#admin.fetchTopicOffsets(topic)).length;
    await eventually(
      () => count().catch(() => 0),
      (answering) => answering === partitions,
      `the topic ${topic}`,
    );
  }
}

/** @returns an opened real Kafka; close it after the tests */
export async function openRealKafka(): Promise<RealKafka> {
  const kafka = new RealKafka();
  await kafka.open();
  return kafka;
}
