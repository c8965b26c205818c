import kafkajs from 'kafkajs';
import { StreamError } from '../../errors.ts';
import { errorOf } from '../../fate.ts';
import type { TopicPartition } from '../../port.ts';
import type { ChangelogClient, ChangelogPiece, ChangelogRecord, ChangelogTopic } from '../../state/changelog-client.ts';
import { asStreamError } from './kafkajs-errors.ts';
import { createClusterOf, type ReaderClusterInside } from './kafkajs-inside.ts';
import { rawRecordsOf } from './kafkajs-records.ts';
import type { KafkaSettings } from './kafkajs-settings.ts';

/** One read: what a restore holds at once, and some more while it is decoded. */
const READ_BYTES_MAX = 1_048_576;

/** The broker answers at once when it has a byte; a read is never of the end, where it would wait. */
const READ_WAIT_MS = 500;

const EARLIEST = -2;
const LATEST = -1;

/**
 * A changelog on kafkajs. It reads by fetch requests of its own: a consumer would have to join a group, which costs seconds for a new group, has
 * heartbeats, and forgets its positions whenever it rejoins.
 */
export function createKafkaChangelog(kafka: kafkajs.Kafka, settings: KafkaSettings): ChangelogClient {
  return new KafkaChangelog(kafka, settings);
}

class KafkaChangelog implements ChangelogClient {
  readonly #kafka: kafkajs.Kafka;
  readonly #producer: kafkajs.Producer;
  readonly #cluster: ReaderClusterInside;
  #connected: Promise<void> | undefined;
  #producing: Promise<void> | undefined;
  #closed = false;
  #reading: Promise<unknown> = Promise.resolve();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(kafka: kafkajs.Kafka, settings: KafkaSettings) {
    this.#kafka = kafka;
    this.#producer = kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      idempotent: false,
      maxInFlightRequests: 1,
      metadataMaxAge: settings.metadataAgeMs,
      // Whoever appends tries again himself, with what has come since.
      retry: { retries: 0 },
    });
    this.#cluster = createClusterOf(kafka, { metadataMaxAge: settings.metadataAgeMs });
  }

  describe(topic: string): Promise<ChangelogTopic | null> {
    return this.#tracked(this.#describe(topic));
  }

  append(at: TopicPartition, records: readonly ChangelogRecord[]): Promise<bigint> {
    return this.#tracked(this.#append(at, records));
  }

  async #describe(topic: string): Promise<ChangelogTopic | null> {
    this.#mustBeOpen();
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      if (!(await admin.listTopics()).includes(topic)) return null;
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy'] }],
      });
      return {
        partitions: topics[0]?.partitions.length ?? 0,
        cleanupPolicy: resources[0]?.configEntries[0]?.configValue ?? 'unknown',
      };
    } catch (error) {
      throw asStreamError(error, `the topic ${topic}`);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  bounds(at: TopicPartition): Promise<{ start: bigint; end: bigint }> {
    return this.#tracked(
      this.#asking(at, async () => {
        const [start, end] = [await this.#offsetOf(at, EARLIEST), await this.#offsetOf(at, LATEST)];
        return { start, end };
      }),
    );
  }

  async #append({ topic, partition }: TopicPartition, records: readonly ChangelogRecord[]): Promise<bigint> {
    const messages = records.map(({ key, value, headers }) => ({ partition, key, value, headers }));
    try {
      await this.#connectProducer();
      const [written] = await this.#producer.send({ topic, acks: -1, messages });
      return BigInt(written?.baseOffset ?? '');
    } catch (error) {
      if (String(error).includes('disconnected')) this.#producing = undefined;
      throw error instanceof StreamError ? error : asStreamError(error, `the changelog ${topic}/${partition}`);
    }
  }

  /** One at a time: that bounds what is held, and kafkajs opens its second connection once for each that waits for it, and forgets all but one. */
  read(at: TopicPartition, from: bigint): Promise<ChangelogPiece> {
    const piece = this.#reading.then(() => this.#asking(at, () => this.#readFrom(at, from)));
    this.#reading = piece.catch(() => undefined);
    return this.#tracked(piece);
  }

  async #readFrom(at: TopicPartition, from: bigint): Promise<ChangelogPiece> {
    const { topic, partition } = at;
    const broker = await this.#cluster.findBroker({ nodeId: this.#leaderOf(at) });
    const { responses } = await broker.fetch({
      maxWaitTime: READ_WAIT_MS,
      minBytes: 1,
      maxBytes: READ_BYTES_MAX,
      isolationLevel: 0,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(from), maxBytes: READ_BYTES_MAX }] }],
    });
    const messages = responses[0]?.partitions[0]?.messages ?? [];
    // A batch comes whole, also where only its last records were asked for.
    const records = rawRecordsOf({ topic, partition, messages }).filter(({ offset }) => offset >= from);
    const last = records.at(-1);
    if (last !== undefined) return { records, nextOffset: last.offset + 1n };
    // Nothing that counts as an end may be guessed from silence: an empty answer below the end is asked again.
    const end = await this.#offsetOf(at, LATEST);
    if (end > from) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', `${topic}/${partition} gave nothing`);
    return { records: [], nextOffset: end };
  }

  /** Waits for what is asked: a request that ends after its client was disconnected connects it again. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    await Promise.all([this.#producer.disconnect(), this.#cluster.disconnect()]);
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  /** Errors of a leader that has moved go away with new metadata: it is asked for before the caller tries again. */
  async #asking<T>(at: TopicPartition, ask: () => Promise<T>): Promise<T> {
    const doing = `the changelog ${at.topic}/${at.partition}`;
    try {
      await this.#connect(at.topic);
      return await ask();
    } catch (thrown) {
      await this.#refresh();
      throw thrown instanceof StreamError ? thrown : asStreamError(errorOf(thrown), doing);
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', 'the changelog is closed');
  }

  async #connectProducer(): Promise<void> {
    this.#mustBeOpen();
    this.#producing ??= this.#producer.connect().catch((error: unknown) => {
      this.#producing = undefined;
      throw error;
    });
    await this.#producing;
  }

  async #connect(topic: string): Promise<void> {
    this.#mustBeOpen();
    this.#connected ??= this.#cluster.connect().catch((error: unknown) => {
      this.#connected = undefined;
      throw error;
    });
    await this.#connected;
    this.#mustBeOpen();
    await this.#cluster.addTargetTopic(topic);
    await this.#cluster.refreshMetadataIfNecessary();
  }

  async #refresh(): Promise<void> {
    if (this.#closed) return;
    await this.#cluster.refreshMetadata().catch(() => (this.#connected = undefined));
  }

  #leaderOf({ topic, partition }: TopicPartition): string {
    const [leader] = Object.keys(this.#cluster.findLeaderForPartitions(topic, [partition]));
    if (leader === undefined) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', `${topic}/${partition}: no leader`);
    return leader;
  }

  async #offsetOf({ topic, partition }: TopicPartition, fromTimestamp: number): Promise<bigint> {
    const [found] = await this.#cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromTimestamp }]);
    const offset = found?.partitions[0]?.offset;
    if (offset === undefined) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', `${topic}/${partition}: no offset`);
    return BigInt(offset);
  }
}
