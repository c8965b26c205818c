import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { memorySerde, renamedTopic, topics } from '@porchlight/contracts';
import { waitUntil } from '@porchlight/stack';
import { Kafka, logLevel, Partitioners, type Admin, type Message } from 'kafkajs';
import { SENT_AT } from './arm.ts';

/** Topics of their own on the bench's broker, and what is written to them. */
export interface BenchLog {
  readonly brokers: string;
  /** @returns the name of a new topic */
  createTopic(partitions: number, config?: Readonly<Record<string, string>>): Promise<string>;
  /** @returns a new group, whose dead-letter topic is there */
  createGroup(): Promise<string>;
  /** The changelog of a group whose tasks have state. */
  createChangelog(groupId: string, partitions: number): Promise<void>;
  /** Appends records, spread evenly over keys, as fast as the broker takes them. */
  fill(topic: string, records: number, options?: FillOptions): Promise<void>;
  /** Appends at a steady rate for some seconds; each record carries when it was sent. */
  atRate(topic: string, rate: { readonly perS: number; readonly seconds: number }): Promise<void>;
  /** Appends one record to each partition. @returns the end offsets after it, by partition */
  appendToEach(topic: string): Promise<number[]>;
  /** Waits until a group has committed so far in every partition. @throws after five minutes */
  untilCommitted(groupId: string, topic: string, ends: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export interface FillOptions {
  /** Distinct keys; as many as records when absent. */
  readonly keys?: number;
}

const CREATE_MS_MAX = 30_000;
const COMMIT_MS_MAX = 300_000;
const COMMIT_POLL_MS = 100;
const FILL_BATCH = 2_000;
const TICK_MS = 10;

/** Connects to a broker to bench on. */
export async function openBenchLog(brokers: string): Promise<BenchLog> {
  const kafka = new Kafka({ clientId: 'bench-log', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await Promise.all([admin.connect(), producer.connect()]);
  const create = creatorOf(admin);
  return {
    brokers,
    createTopic: (partitions, config) => create(`bench.${randomUUID()}`, partitions, config),
    async createGroup() {
      const groupId = `bench.${randomUUID()}`;
      await create(`${groupId}.dlq`, 1);
      return groupId;
    },
    async createChangelog(groupId, partitions) {
      await create(`${groupId}.changelog`, partitions, { 'cleanup.policy': 'compact' });
    },
    async fill(topic, records, { keys = records } = {}) {
      for (let sent = 0; sent < records; sent += FILL_BATCH) {
        const count = Math.min(FILL_BATCH, records - sent);
        const messages = Array.from({ length: count }, (_, index) => messageOf((sent + index) % keys));
        await producer.send({ topic, acks: -1, messages });
      }
    },
    atRate: (topic, rate) => paced(rate, (messages) => producer.send({ topic, acks: -1, messages })),
    async appendToEach(topic) {
      const partitions = await admin.fetchTopicOffsets(topic);
      const messages = partitions.map(({ partition }) => ({ ...messageOf(partition), partition }));
      await producer.send({ topic, acks: -1, messages });
      return byPartition((await admin.fetchTopicOffsets(topic)).map((each) => ({ ...each, offset: each.high })));
    },
    async untilCommitted(groupId, topic, ends) {
      const isSoFar = async (): Promise<boolean> => {
        const committed = await committedOf(admin, groupId, topic);
        return ends.every((end, partition) => (committed[partition] ?? -1) >= end);
      };
      if (!(await waitUntil(isSoFar, { withinMs: COMMIT_MS_MAX, pollMs: COMMIT_POLL_MS })))
        throw new Error(`the group did not commit all of ${topic} within ${COMMIT_MS_MAX} ms`);
    },
    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}

async function committedOf(admin: Admin, groupId: string, topic: string): Promise<number[]> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return byPartition(found?.partitions ?? []);
}

type Config = Readonly<Record<string, string>>;

/** Creates a topic and waits for its leaders: metadata names some that do not answer yet. */
function creatorOf(admin: Admin) {
  return async (topic: string, numPartitions: number, config: Config = {}): Promise<string> => {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions, configEntries }] });
    const isThere = (): Promise<boolean> =>
      admin.fetchTopicOffsets(topic).then(
        (ends) => ends.length === numPartitions,
        () => false,
      );
    if (!(await waitUntil(isThere, { withinMs: CREATE_MS_MAX }))) throw new Error(`no topic ${topic}`);
    return topic;
  };
}

/** Open loop: what is due is sent, whether or not what went before is acknowledged. */
async function paced(
  { perS, seconds }: { readonly perS: number; readonly seconds: number },
  send: (messages: Message[]) => Promise<unknown>,
): Promise<void> {
  const startedAt = performance.now();
  const sends: Promise<unknown>[] = [];
  const total = perS * seconds;
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * perS));
    const messages = Array.from({ length: due - sent }, (_, index) => timed(messageOf(sent + index)));
    sent = due;
    if (messages.length > 0) sends.push(send(messages));
    await delay(TICK_MS);
  }
  await Promise.all(sends);
}

const byPartition = (offsets: readonly { partition: number; offset: string }[]): number[] =>
  offsets.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset));

const serde = memorySerde();
const topic = renamedTopic(topics.sellerOverrideChanged, 'bench');

/** A change to one home, as large as the real ones are. */
function messageOf(home: number): Message {
  const propertyId = `home-${String(home).padStart(8, '0')}`;
  const value = { propertyId, visibilityVersion: home + 1, level: 'agent' as const, changedAt: 1_700_000_000_000 };
  return { key: propertyId, value: serde.encode(topic, value) };
}

const timed = (message: Message): Message => ({
  ...message,
  headers: { [SENT_AT]: String(performance.timeOrigin + performance.now()) },
});
