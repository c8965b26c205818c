import { randomBytes } from 'node:crypto';
import { untilTrue } from '@porchlight/clock/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createSchemaRegistry,
  createSerde,
  renamedTopic,
  schemas,
  subjectOf,
  type ContractSerde,
  type Topic,
} from '@porchlight/contracts';
import {
  changelogTopicFor,
  createKafkaStreamApp,
  deadLetterTopicFor,
  localSettings,
  silentLogger,
  type StreamApp,
  type TaskDefinition,
} from '@porchlight/stream';
import kafkajs from 'kafkajs';

/** A record as it was read back: bytes, and how to make a value of them. */
export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly bytes: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A group of its own and topics of its own on the real Kafka and the real registry, for one test file. */
export interface RealStream {
  readonly groupId: string;
  /** Where apps keep the local copies of their state, where a test does not say otherwise. */
  readonly stateDir: string;
  /** Runs the app as production does, with the local settings; resolves after its first join. @param own  instead of the shared serde */
  start(
    definitions: readonly TaskDefinition<unknown>[],
    own?: { readonly serde?: ContractSerde; readonly stateDir?: string },
  ): Promise<StreamApp>;
  publish<V>(topic: Topic<V>, key: string | null, value: V): Promise<void>;
  /** Bytes that no serde made. */
  publishBytes(topic: Topic<unknown>, key: string | null, bytes: Buffer): Promise<void>;
  /** Everything that was written to a topic so far, in order of arrival. */
  valuesOf<V>(topic: Topic<V>): Promise<{ key: string | null; value: V }[]>;
  /** What the group's changelog says, by key; entries only, the last of each last. @param topic  whose schema the values have */
  stateOf<V>(topic: Topic<V>): Promise<{ key: string | null; value: V }[]>;
  /** The partition of each key of a topic. */
  partitionsOf(topic: Topic<unknown>): ReadonlyMap<string | null, number>;
  /** What the app waits for, by code. */
  waitingFor(): readonly string[];
  parked(): readonly ReadRecord[];
  /** Errors that would have stopped the process. */
  readonly fatal: readonly Error[];
  close(): Promise<void>;
}

/** @returns a variable that `npm test` sets @throws {Error} saying which is missing */
export function addressFrom(name: 'KAFKA_BROKERS' | 'SCHEMA_REGISTRY_URL' | 'REDIS_URL' | 'DATABASE_URL'): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`integration tests need ${name}; npm test sets it`);
  return value;
}

/** @returns a name that no other run uses; letters and digits, so that it fits everywhere */
export const uniqueName = (prefix: string): string => `${prefix}${randomBytes(5).toString('hex')}`;

/** The same topics under names of their own, which begin alike. */
export function renamedTopics<T extends Readonly<Record<string, Topic<unknown>>>>(topics: T): T {
  const prefix = uniqueName('t');
  const renamed = Object.entries(topics).map(([name, topic]) => [name, renamedTopic(topic, `${prefix}.${topic.name}`)]);
  return Object.fromEntries(renamed) as T;
}

const textOf = (header: unknown): string => (Buffer.isBuffer(header) ? header.toString('utf8') : String(header));

/** Reads everything that is written to some topics. */
async function startReading(kafka: kafkajs.Kafka, topics: string[]) {
  const read: ReadRecord[] = [];
  const seen = new Set<string>();
  const consumer = kafka.consumer({ groupId: uniqueName('reader'), maxWaitTimeInMs: 100, sessionTimeout: 10_000 });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, partition, message: { offset, key, value, headers = {} } }) => {
      // a rebalance of this reader delivers again what it had not committed
      const position = `${topic}/${partition}/${offset}`;
      if (seen.has(position)) return;
      seen.add(position);
      const texts = Object.entries(headers).map(([name, header]) => [name, textOf(header)] as const);
      read.push({
        topic,
        partition,
        key: key?.toString('utf8') ?? null,
        bytes: value,
        headers: Object.fromEntries(texts),
      });
    },
  });
  return { read, stop: () => consumer.disconnect() };
}

const isChangelog = ({ name, schema = name }: Topic<unknown>): boolean => schema.endsWith('.changelog');

async function createTopics(
  admin: kafkajs.Admin,
  topics: readonly Topic<unknown>[],
  { groupId }: { groupId: string },
): Promise<void> {
  const made = (topic: string, numPartitions: number, configEntries: { name: string; value: string }[] = []) => ({
    ...{ topic, numPartitions, configEntries, replicationFactor: 1 },
  });
  // A changelog is found by the name of its group; the topic that the test named anew gives its schema and its number of partitions.
  const states = topics.filter(isChangelog);
  const wanted = [
    ...topics.map(({ name, partitions }) => made(name, partitions)),
    ...states.map(({ partitions }) =>
      made(changelogTopicFor(groupId), partitions, [{ name: 'cleanup.policy', value: 'compact' }]),
    ),
    made(deadLetterTopicFor(groupId), 1),
  ];
  // kafkajs' own wait gives up at the first answer of a broker that has not heard of the topic yet.
  await admin.createTopics({ waitForLeaders: false, topics: wanted });
  for (const { topic, numPartitions } of wanted) {
    const answering = async (): Promise<number> => (await admin.fetchTopicOffsets(topic)).length;
    await untilTrue(`the topic ${topic}`, async () => (await answering().catch(() => 0)) === numPartitions);
  }
}

async function prepareSerde(topics: readonly Topic<unknown>[]): Promise<ContractSerde> {
  const registry = createSchemaRegistry({ url: addressFrom('SCHEMA_REGISTRY_URL') });
  for (const topic of topics) {
    const schema = schemas[topic.schema ?? topic.name];
    if (schema === undefined) throw new TypeError(`no schema for the topic ${topic.name}`);
    await registry.register(subjectOf(topic), schema, topic.compatibility);
  }
  const serde = createSerde({ registry });
  await serde.prepare(topics);
  return serde;
}

/** @param topics those of the app under test, under names of their own (`renamedTopics`) */
export async function openRealStream(topics: readonly Topic<unknown>[]): Promise<RealStream> {
  const all = topics;
  const groupId = uniqueName('g');
  const deadLetters = deadLetterTopicFor(groupId);
  const brokers = addressFrom('KAFKA_BROKERS').split(',');
  const kafka = new kafkajs.Kafka({ brokers, clientId: groupId, logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  await createTopics(admin, all, { groupId });
  const stateDir = await mkdtemp(join(tmpdir(), 'porchlight-state-'));
  const serde = await prepareSerde(all);
  const changelogs = all.some(isChangelog) ? [changelogTopicFor(groupId)] : [];
  const reader = await startReading(kafka, [...all.map(({ name }) => name), deadLetters, ...changelogs]);
  const apps: StreamApp[] = [];
  const fatal: Error[] = [];
  const publishBytes = async (topic: Topic<unknown>, key: string | null, value: Buffer): Promise<void> =>
    void (await producer.send({ topic: topic.name, messages: [{ key, value }] }));
  return {
    groupId,
    fatal,
    stateDir,
    async start(definitions, own = {}) {
      const app = createKafkaStreamApp({
        connection: { brokers, clientId: groupId },
        groupId,
        definitions,
        serde: own.serde ?? serde,
        stateDir: own.stateDir ?? stateDir,
        log: silentLogger,
        settings: localSettings,
        onFatal: (error) => void fatal.push(error),
      });
      apps.push(app);
      await app.start();
      return app;
    },
    publish: (topic, key, value) => publishBytes(topic, key, serde.encode(topic, value)),
    publishBytes,
    valuesOf: async <V>(topic: Topic<V>) =>
      Promise.all(
        reader.read
          .filter((each) => each.topic === topic.name && each.bytes !== null)
          .map(async ({ key, bytes }) => ({ key, value: await serde.decode(topic, bytes ?? Buffer.alloc(0)) })),
      ),
    stateOf: async <V>(topic: Topic<V>) =>
      Promise.all(
        reader.read
          .filter((each) => each.topic === changelogTopicFor(groupId) && each.key?.includes('\0') === true)
          .filter(({ bytes }) => bytes !== null)
          .map(async ({ key, bytes }) => ({ key, value: await serde.decode(topic, bytes ?? Buffer.alloc(0)) })),
      ),
    partitionsOf: (topic) =>
      new Map(reader.read.filter((each) => each.topic === topic.name).map(({ key, partition }) => [key, partition])),
    waitingFor: () => apps.flatMap((app) => app.state().waitingFor),
    parked: () => reader.read.filter(({ topic }) => topic === deadLetters),
    async close() {
      await Promise.all(apps.map((app) => app.stop()));
      await reader.stop();
      await admin.deleteTopics({ topics: [...all.map(({ name }) => name), deadLetters, ...changelogs] });
      await rm(stateDir, { recursive: true, force: true });
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}
