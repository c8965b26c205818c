import { randomUUID } from 'node:crypto';
import { memorySerde, renamedTopic, topics, type Topic } from '@porchlight/contracts';
import { connectCatalog, connectCatalogWriter, openOutbox, type OutboxSession } from '@porchlight/property-catalog';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import type { RunningService } from '@porchlight/service';
import { silentLogger, systemClock } from '@porchlight/stream';
import kafkajs from 'kafkajs';
import { kafkaChangeLog } from '../adapters/kafka-change-log.ts';
import type { ChangeLog } from '../change-log.ts';
import { changeRecordOf, type ChangeTopics } from '../change-record.ts';
import type { RelayRole } from '../relay.ts';
import { startRelay } from '../start-relay.ts';

const brokersToTest = (): string[] => {
  const list = process.env.KAFKA_BROKERS;
  if (list === undefined) throw new Error('KAFKA_BROKERS is not set: integration tests need a Kafka');
  return list.split(',');
};

/** A record as it came out of Kafka. */
export interface Seen {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: Record<string, unknown>;
}

export interface RelayDifferences {
  readonly brokersOf?: string[];
  /** What stands between the relay and Kafka. */
  readonly logOf?: (log: ChangeLog) => ChangeLog;
  /** What stands between the relay and its session. */
  readonly outboxOf?: (outbox: OutboxSession) => OutboxSession;
}

/** A relay that runs, and what it said. */
export interface RelayUnderTest {
  readonly roles: readonly RelayRole[];
  readonly crashes: readonly unknown[];
  readonly buried: readonly string[];
  readonly service: RunningService;
  /** As SIGTERM does. */
  readonly stop: () => Promise<void>;
}

/** A database and topics of its own on the real servers, relays between them, and a consumer that sees what comes out. */
export class RelayBench {
  readonly prefix = `test.${randomUUID()}`;
  readonly database: TestDatabase;
  readonly writer: ReturnType<typeof connectCatalogWriter>;
  readonly catalog: ReturnType<typeof connectCatalog>;
  readonly #kafka = new kafkajs.Kafka({
    brokers: brokersToTest(),
    clientId: 'relay-tests',
    logLevel: kafkajs.logLevel.NOTHING,
  });
  readonly #admin = this.#kafka.admin();
  readonly #consumer = this.#kafka.consumer({ groupId: this.prefix, maxWaitTimeInMs: 50 });
  readonly #topics: ChangeTopics = {
    ListingStatusChanged: renamedTopic(topics.listingStatusChanged, `${this.prefix}.status`),
    SellerOverrideChanged: renamedTopic(topics.sellerOverrideChanged, `${this.prefix}.override`),
    MlsRuleChanged: renamedTopic(topics.mlsRuleChanged, `${this.prefix}.rule`),
  };
  readonly topicNames = Object.values<{ name: string }>({ ...this.#topics }).map(({ name }) => name);
  readonly #serde = memorySerde();
  readonly #seen: Seen[] = [];
  readonly #relays = new Set<RelayUnderTest>();

  private constructor(database: TestDatabase) {
    this.database = database;
    this.writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
    this.catalog = connectCatalog({ databaseUrl: database.databaseUrl });
  }

  static async open(): Promise<RelayBench> {
    const bench = new RelayBench(await createTestDatabase(process.env.DATABASE_URL));
    await bench.#listen();
    return bench;
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect();
    await this.#admin.deleteTopics({ topics: this.topicNames });
    await this.#admin.disconnect();
    await Promise.all([this.writer.close(), this.catalog.close()]);
    await this.database.drop();
  }

  /** A relay process, as main.ts wires it, but for its names. */
  start({
    brokersOf = brokersToTest(),
    logOf = (log) => log,
    outboxOf = (outbox) => outbox,
  }: RelayDifferences = {}): RelayUnderTest {
    const roles: RelayRole[] = [];
    const crashes: unknown[] = [];
    const buried: string[] = [];
    const asked = new AbortController();
    const connection = { brokers: brokersOf, clientId: 'relay-tests' };
    const service = startRelay({
      ports: {
        openOutbox: async () => outboxOf(await openOutbox({ databaseUrl: this.database.databaseUrl })),
        log: logOf(kafkaChangeLog({ connection, topics: this.topicNames, log: silentLogger })),
        recordOf: (row) => changeRecordOf(row, this.#topics, this.#serde),
        clock: systemClock,
        report: {
          role: (role) => void roles.push(role),
          round: () => undefined,
          published: () => undefined,
          buried: ({ aggregateId }) => void buried.push(aggregateId),
          sessionLost: () => undefined,
          waits: () => undefined,
        },
      },
      limits: { pollMs: 100, rowsMax: 7 },
      signal: asked.signal,
      crash: (error) => void crashes.push(error),
    });
    const stop = async (): Promise<void> => {
      this.#relays.delete(relay);
      asked.abort();
      await service.stop();
    };
    const relay: RelayUnderTest = { roles, crashes, buried, service, stop };
    this.#relays.add(relay);
    return relay;
  }

  async stopRelays(): Promise<void> {
    for (const relay of this.#relays) await relay.stop();
  }

  /** Loads homes: off-market, of no MLS, version 1. */
  async load(...propertyIds: string[]): Promise<void> {
    const home = { latitude: 47.6, longitude: -122.3, status: 'off_market', mlsId: null, overrideLevel: null } as const;
    await this.writer.loadProperties([propertyIds.map((propertyId) => ({ propertyId, ...home }))]);
  }

  recordsOf(key: string): Seen[] {
    return this.#seen.filter((record) => record.key === key);
  }

  /** The versions of a home or of an MLS's rule that have come, in order. */
  versionsOf(key: string): unknown[] {
    return this.recordsOf(key).map(({ value }) => value['visibilityVersion'] ?? value['ruleVersion']);
  }

  async rowsLeft(): Promise<number> {
    return (await this.database.query('SELECT FROM porchlight.outbox')).length;
  }

  /** T, by the primary's clock; 0 before the first. */
  async claimed(): Promise<number> {
    return (await this.catalog.relayProgress())?.publishedUntilAt ?? 0;
  }

  /** By the primary's clock, UTC milliseconds. */
  async databaseNow(): Promise<number> {
    const [row] = await this.database.query<{ now: string }>('SELECT porchlight.instant_of(clock_timestamp()) AS now');
    return Number(row?.now);
  }

  /** Where the next record of each partition of the changes of status would stand, by partition. */
  async statusEnds(): Promise<ReadonlyMap<number, number>> {
    const ends = await this.#admin.fetchTopicOffsets(`${this.prefix}.status`);
    return new Map(ends.map(({ partition, high }) => [partition, Number(high)]));
  }

  async #listen(): Promise<void> {
    await Promise.all([this.#admin.connect(), this.#consumer.connect()]);
    const created = this.topicNames.map((topic) => ({ topic, numPartitions: 3, replicationFactor: 1 }));
    await this.#admin.createTopics({ topics: created, waitForLeaders: true });
    await this.#consumer.subscribe({ topics: this.topicNames, fromBeginning: true });
    const topicOf = new Map(Object.values<Topic<unknown>>({ ...this.#topics }).map((topic) => [topic.name, topic]));
    await this.#consumer.run({
      eachMessage: async ({ topic, partition, message }) => {
        const known = topicOf.get(topic) ?? { name: topic };
        const value = await this.#serde.decode<unknown>(known, message.value ?? Buffer.of());
        this.#seen.push({
          ...{ topic, partition, offset: Number(message.offset), key: message.key?.toString() ?? '' },
          value: value as Record<string, unknown>,
        });
      },
    });
  }
}
