import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  FetchIsolationLevels,
  ProduceAcks,
  Producer,
  type fetchV17,
  type RecordsBatch,
} from '@platformatic/kafka';
import { StreamError } from '../../errors.ts';
import type { TopicPartition } from '../../port.ts';
import type { ChangelogClient, ChangelogPiece, ChangelogRecord, ChangelogTopic } from '../../state/changelog-client.ts';
import type { KafkaConnection } from '../kafkajs/kafkajs-connection.ts';
import type { KafkaSettings } from '../kafkajs/kafkajs-settings.ts';
import { apiOf } from './client-inside.ts';
import { PLACES } from './kafka-link.ts';
import { asStreamError, outageCode } from './platformatic-errors.ts';
import { messageOf } from './platformatic-producers.ts';
import { fetchedRecordsOf } from './platformatic-records.ts';

/** One read: what a restore holds at once, and some more while it is decoded. */
const READ_BYTES_MAX = 1_048_576;

/** The broker answers at once when it has a byte; a read is never of the end, where it would wait. */
const READ_WAIT_MS = 500;

/** Of a fetch that belongs to no session: partitions are restored side by side, and a session serves one request after the other. */
const NO_SESSION = { id: 0, epoch: -1 };

/** A changelog on @platformatic/kafka: fetch requests of its own, by no group. */
export const createPlatformaticChangelog = (connection: KafkaConnection, settings: KafkaSettings): ChangelogClient =>
  new PlatformaticChangelog(connection, settings);

class PlatformaticChangelog implements ChangelogClient {
  readonly #common: ConstructorParameters<typeof Admin>[0];
  readonly #producer: Producer<Buffer, Buffer, Buffer, Buffer>;
  readonly #reader: Consumer<Buffer, Buffer, Buffer, Buffer>;

  constructor({ clientId, brokers }: KafkaConnection, settings: KafkaSettings) {
    this.#common = {
      ...{ clientId, bootstrapBrokers: [...brokers], autocreateTopics: false },
      ...{ connectTimeout: settings.connectMs, requestTimeout: settings.requestMs, timeout: settings.requestMs },
      // Whoever asks tries again himself, with what has come since.
      ...{ retries: 0, metadataMaxAge: settings.metadataAgeMs },
    };
    this.#producer = new Producer({ ...this.#common, idempotent: false, repeatOnStaleMetadata: false });
    this.#reader = new Consumer({ ...this.#common, groupId: `${clientId}.changelog` }); // a name it never joins
  }

  async describe(topic: string): Promise<ChangelogTopic | null> {
    const admin = new Admin(this.#common);
    try {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
      const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic };
      const [found] = await admin.describeConfigs({
        resources: [{ ...resource, configurationKeys: ['cleanup.policy'] }],
      });
      const policy = found?.configs.find(({ name }) => name === 'cleanup.policy')?.value;
      return { partitions: topics.get(topic)?.partitionsCount ?? 0, cleanupPolicy: policy ?? 'unknown' };
    } catch (error) {
      if (outageCode(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return null;
      throw asStreamError(error, `the topic ${topic}`);
    } finally {
      await admin.close().catch(() => undefined);
    }
  }

  bounds(at: TopicPartition): Promise<{ start: bigint; end: bigint }> {
    return this.#asking(at, async () => {
      const [start, end] = [await this.#offsetOf(at, PLACES.earliest), await this.#offsetOf(at, PLACES.end)];
      return { start, end };
    });
  }

  append(at: TopicPartition, records: readonly ChangelogRecord[]): Promise<bigint> {
    const { topic, partition } = at;
    return this.#asking(at, async () => {
      const messages = records.map((record) => ({ ...messageOf({ topic, ...record }), partition }));
      const { offsets } = await this.#producer.send({ acks: ProduceAcks.ALL, messages });
      const written = offsets?.find((offset) => offset.topic === topic && offset.partition === partition);
      if (written === undefined) throw new Error(`${topic}/${partition}: acknowledged without an offset`);
      return written.offset;
    });
  }

  read(at: TopicPartition, from: bigint): Promise<ChangelogPiece> {
    return this.#asking(at, async () => {
      const { records, nextOffset } = fetchedRecordsOf(at, await this.#fetch(at, from), from);
      if (nextOffset > from) return { records, nextOffset };
      // Nothing that counts as an end may be guessed from silence: an empty answer below the end is asked again.
      const end = await this.#offsetOf(at, PLACES.end);
      if (end > from) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', `${at.topic}/${at.partition} gave nothing`);
      return { records: [], nextOffset: end };
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#producer.close(), this.#reader.close(true)]);
  }

  async #fetch({ topic, partition }: TopicPartition, from: bigint): Promise<readonly RecordsBatch[]> {
    const metadata = await this.#reader.metadata({ topics: [topic] });
    const found = metadata.topics.get(topic);
    const broker = metadata.brokers.get(found?.partitions[partition]?.leader ?? -1);
    if (found === undefined || broker === undefined)
      throw new StreamError('KAFKA_UNAVAILABLE', 'retry', `${topic}/${partition}: no leader`);
    const asked = { partition, fetchOffset: from, partitionMaxBytes: READ_BYTES_MAX };
    const topics = [{ topicId: found.id, partitions: [{ ...asked, currentLeaderEpoch: -1, lastFetchedEpoch: -1 }] }];
    const api = await apiOf<Parameters<typeof fetchV17.createRequest>, fetchV17.FetchResponse>(this.#reader, 'Fetch');
    const answer = await api.async(
      await this.#reader.connections.get(broker),
      ...([READ_WAIT_MS, 1, READ_BYTES_MAX, FetchIsolationLevels.READ_UNCOMMITTED] as const),
      NO_SESSION.id,
      NO_SESSION.epoch,
      topics,
      [],
      '',
    );
    return answer.responses[0]?.partitions[0]?.records ?? [];
  }

  async #offsetOf({ topic, partition }: TopicPartition, timestamp: bigint): Promise<bigint> {
    const isolationLevel = FetchIsolationLevels.READ_UNCOMMITTED;
    const asked = { topics: [topic], partitions: { [topic]: [partition] }, timestamp, isolationLevel };
    const offset = (await this.#reader.listOffsets(asked)).get(topic)?.[partition];
    if (offset === undefined) throw new StreamError('KAFKA_UNAVAILABLE', 'retry', `${topic}/${partition}: no offset`);
    return offset;
  }

  /** Errors of a leader that has moved go away with new metadata: it is asked for at the next try. */
  async #asking<T>({ topic, partition }: TopicPartition, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      this.#reader.clearMetadata();
      this.#producer.clearMetadata();
      throw asStreamError(error, `the changelog ${topic}/${partition}`);
    }
  }
}
