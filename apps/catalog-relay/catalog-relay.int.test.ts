import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { memorySerde, renamedTopic, topics, type Topic } from '@porchlight/contracts';
import { connectCatalog, connectCatalogWriter, openOutbox, type OutboxSession } from '@porchlight/property-catalog';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import type { RunningService } from '@porchlight/service';
import { silentLogger, systemClock } from '@porchlight/stream';
import kafkajs from 'kafkajs';
import { kafkaChangeLog } from './adapters/kafka-change-log.ts';
import type { ChangeLog } from './change-log.ts';
import { changeRecordOf, type ChangeTopics } from './change-record.ts';
import type { RelayRole } from './relay.ts';
import { startRelay } from './start-relay.ts';

const brokers = (): string[] => {
  const list = process.env.KAFKA_BROKERS;
  if (list === undefined) throw new Error('KAFKA_BROKERS is not set: integration tests need a Kafka');
  return list.split(',');
};

const prefix = `test.${randomUUID()}`;
const changeTopics: ChangeTopics = {
  ListingStatusChanged: renamedTopic(topics.listingStatusChanged, `${prefix}.status`),
  SellerOverrideChanged: renamedTopic(topics.sellerOverrideChanged, `${prefix}.override`),
  MlsRuleChanged: renamedTopic(topics.mlsRuleChanged, `${prefix}.rule`),
};
const topicNames = Object.values<{ name: string }>({ ...changeTopics }).map(({ name }) => name);
const topicOf = new Map(Object.values<Topic<unknown>>({ ...changeTopics }).map((topic) => [topic.name, topic]));
const serde = memorySerde();

interface Seen {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: Record<string, unknown>;
}

let database: TestDatabase;
let writer: ReturnType<typeof connectCatalogWriter>;
let catalog: ReturnType<typeof connectCatalog>;
let admin: kafkajs.Admin;
let consumer: kafkajs.Consumer;
const seen: Seen[] = [];
const relays: { service: RunningService; stop: AbortController }[] = [];

beforeAll(async () => {
  const kafka = new kafkajs.Kafka({ brokers: brokers(), clientId: 'relay-tests', logLevel: kafkajs.logLevel.NOTHING });
  admin = kafka.admin();
  consumer = kafka.consumer({ groupId: prefix, maxWaitTimeInMs: 50 });
  database = await createTestDatabase(process.env.DATABASE_URL);
  writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  catalog = connectCatalog({ databaseUrl: database.databaseUrl });
  await Promise.all([admin.connect(), consumer.connect()]);
  const created = topicNames.map((topic) => ({ topic, numPartitions: 3, replicationFactor: 1 }));
  await admin.createTopics({ topics: created, waitForLeaders: true });
  await consumer.subscribe({ topics: topicNames, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      const decoded = await serde.decode<unknown>(topicOf.get(topic) ?? { name: topic }, message.value ?? Buffer.of());
      seen.push({
        topic,
        partition,
        offset: Number(message.offset),
        key: message.key?.toString() ?? '',
        value: decoded as Record<string, unknown>,
      });
    },
  });
});

afterEach(async () => {
  for (const { service, stop } of relays.splice(0)) {
    stop.abort();
    await service.stop();
  }
});

afterAll(async () => {
  await consumer.disconnect();
  await admin.deleteTopics({ topics: topicNames });
  await admin.disconnect();
  await Promise.all([writer.close(), catalog.close()]);
  await database.drop();
});

interface Differences {
  readonly brokersOf?: string[];
  /** What stands between the relay and Kafka. */
  readonly logOf?: (log: ChangeLog) => ChangeLog;
  /** What stands between the relay and its session. */
  readonly outboxOf?: (outbox: OutboxSession) => OutboxSession;
}

/** A relay process, as main.ts wires it, but for its names. */
function start({ brokersOf = brokers(), logOf = (log) => log, outboxOf = (outbox) => outbox }: Differences = {}) {
  const roles: RelayRole[] = [];
  const crashes: unknown[] = [];
  const buried: string[] = [];
  const stop = new AbortController();
  const connection = { brokers: brokersOf, clientId: 'relay-tests' };
  const report = {
    role: (role: RelayRole) => void roles.push(role),
    round: () => undefined,
    published: () => undefined,
    buried: ({ aggregateId }: { aggregateId: string }) => void buried.push(aggregateId),
    sessionLost: () => undefined,
    waits: () => undefined,
  };
  const service = startRelay({
    ports: {
      openOutbox: async () => outboxOf(await openOutbox({ databaseUrl: database.databaseUrl })),
      log: logOf(kafkaChangeLog({ connection, topics: topicNames, log: silentLogger })),
      recordOf: (row) => changeRecordOf(row, changeTopics, serde),
      clock: systemClock,
      report,
    },
    limits: { pollMs: 100, rowsMax: 7 },
    signal: stop.signal,
    crash: (error) => void crashes.push(error),
  });
  relays.push({ service, stop });
  return { roles, crashes, buried, service };
}

/** Holds each publish of the relay until it is let go, and counts how often the relay asks its session meanwhile. */
function holdingRelay() {
  const gates: PromiseWithResolvers<void>[] = [];
  let isOpen = false;
  let pings = 0;
  return {
    logOf: (log: ChangeLog): ChangeLog => ({
      ...log,
      async publish(records) {
        const gate = Promise.withResolvers<void>();
        if (isOpen) gate.resolve();
        gates.push(gate);
        pings = 0;
        await gate.promise;
        await log.publish(records);
      },
    }),
    outboxOf: (outbox: OutboxSession): OutboxSession => ({
      ...outbox,
      async ping() {
        pings += 1;
        await outbox.ping();
      },
    }),
    /** How many publishes were begun, and the pings since the last. */
    seen: () => ({ begun: gates.length, pings }),
    release: (index: number) => gates[index]?.resolve(),
    releaseAll() {
      isOpen = true;
      for (const gate of gates) gate.resolve();
    },
  };
}

/** Waits for a fact with a bounded poll. */
async function eventually<T>(read: () => T | Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > giveUpAt) throw new Error(`it did not come; last seen ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const recordsOf = (key: string) => seen.filter((record) => record.key === key);
const versionsOf = (key: string) =>
  recordsOf(key).map(({ value }) => value['visibilityVersion'] ?? value['ruleVersion']);
const load = (...ids: string[]) =>
  writer.loadProperties([
    ids.map((propertyId) => ({
      propertyId,
      latitude: 47.6,
      longitude: -122.3,
      status: 'off_market' as const,
      mlsId: null,
      overrideLevel: null,
    })),
  ]);
const rowsLeft = async () => (await database.query('SELECT FROM porchlight.outbox')).length;

describe('catalog-relay on PostgreSQL and Kafka', () => {
  test('each kind of change comes out of its topic, under its key, with the value that was committed', async () => {
    start();
    await load('kinds');
    await writer.setRule({ mlsId: 'kinds-mls', activeLevel: 'registered', offMarketLevel: 'agent' });
    await writer.setMls('kinds', 'kinds-mls');
    await writer.setOverride('kinds', 'nobody');
    await eventually(
      () => [...recordsOf('kinds'), ...recordsOf('kinds-mls')],
      ({ length }) => length === 3,
    );
    const [status, override] = ['.status', '.override'].map((end) =>
      recordsOf('kinds').find(({ topic }) => topic.endsWith(end)),
    );
    expect(status?.value).toMatchObject({
      propertyId: 'kinds',
      visibilityVersion: 2,
      status: 'off_market',
      mlsId: 'kinds-mls',
    });
    expect(override?.value).toMatchObject({ propertyId: 'kinds', visibilityVersion: 3, level: 'nobody' });
    expect(recordsOf('kinds-mls')).toMatchObject([
      {
        topic: `${prefix}.rule`,
        value: { mlsId: 'kinds-mls', ruleVersion: 1, activeLevel: 'registered', offMarketLevel: 'agent' },
      },
    ]);
    await eventually(rowsLeft, (rows) => rows === 0);
  });

  test('many writers at once: each key keeps its order in one partition, nothing is missing, nothing is left', async () => {
    start();
    const homes = Array.from({ length: 12 }, (_, n) => `order-${n}`);
    await load(...homes);
    const change = async (id: string): Promise<void> => {
      for (let turn = 0; turn < 10; turn += 1) await writer.setStatus(id, turn % 2 === 0 ? 'active' : 'off_market');
    };
    await Promise.all(homes.map(change));
    await eventually(() => homes.every((id) => versionsOf(id).includes(11)), Boolean);
    for (const id of homes) {
      expect(versionsOf(id)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect(new Set(recordsOf(id).map(({ partition }) => partition)).size).toBe(1);
    }
    expect(await eventually(rowsLeft, (rows) => rows === 0)).toBe(0);
  });

  test('a transaction that commits behind later ones is published too', async () => {
    start();
    await load('slow', 'quick');
    const session = await database.session();
    await session.query(`BEGIN; UPDATE porchlight.property SET listing_status = 'active' WHERE property_id = 'slow'`);
    await writer.setStatus('quick', 'active');
    await eventually(
      () => versionsOf('quick'),
      ({ length }) => length === 1,
    );
    await session.query('COMMIT');
    await eventually(
      () => versionsOf('slow'),
      ({ length }) => length === 1,
    );
    expect([versionsOf('quick'), versionsOf('slow')]).toEqual([[2], [2]]);
  });

  test('T moves without any change, and names the partitions of every topic', async () => {
    start();
    const first = await eventually(
      () => catalog.relayProgress(),
      (progress) => progress !== null,
    );
    const later = await eventually(
      () => catalog.relayProgress(),
      (progress) => (progress?.publishedUntilAt ?? 0) > (first?.publishedUntilAt ?? 0),
    );
    expect(later?.partitions).toEqual(Object.fromEntries(topicNames.map((name) => [name, 3])));
  });

  test('T says what it claims: it waits for a change that is on its way, and then that change is in Kafka', async () => {
    const held = holdingRelay();
    start(held);
    const claimed = async () => (await catalog.relayProgress())?.publishedUntilAt ?? 0;
    try {
      await load('before', 'claim');
      await writer.setStatus('before', 'active');
      await eventually(held.seen, ({ begun }) => begun === 1);
      await writer.setStatus('claim', 'active');
      const [row] = await database.query<{ now: string }>('SELECT porchlight.instant_of(clock_timestamp()) AS now');
      const changedAt = Number(row?.now);
      held.release(0); // the round that follows has a T after the change, and may not say so yet
      // A relay asks its session only while it waits for Kafka; one that does not wait would move T instead.
      await eventually(
        async () => (await claimed()) >= changedAt || (held.seen().begun === 2 && held.seen().pings > 0),
        (isDecided) => isDecided,
      );
      expect(await claimed()).toBeLessThan(changedAt);
      held.releaseAll();
      await eventually(claimed, (publishedUntilAt) => publishedUntilAt >= changedAt);
    } finally {
      held.releaseAll();
    }
    const ends = await admin.fetchTopicOffsets(`${prefix}.status`);
    await eventually(
      () => versionsOf('claim'),
      ({ length }) => length > 0,
    );
    const [record] = recordsOf('claim');
    expect(record).toMatchObject({ topic: `${prefix}.status`, value: { visibilityVersion: 2 } });
    const end = ends.find(({ partition }) => partition === record?.partition);
    expect(record?.offset).toBeLessThan(Number(end?.high));
  });

  test('T passes a transaction that is still open, and no T after its commit is written before its row is in Kafka', async () => {
    const held = holdingRelay();
    start(held);
    const claimed = async () => (await catalog.relayProgress())?.publishedUntilAt ?? 0;
    const now = async () => {
      const [row] = await database.query<{ now: string }>('SELECT porchlight.instant_of(clock_timestamp()) AS now');
      return Number(row?.now);
    };
    try {
      await load('open');
      const session = await database.session();
      await session.query(`BEGIN; UPDATE porchlight.property SET listing_status = 'active' WHERE property_id = 'open'`);
      const drawnAt = await now();
      // Nobody has seen the change yet, so a T after its drawing claims nothing of it.
      await eventually(claimed, (publishedUntilAt) => publishedUntilAt > drawnAt);
      expect([versionsOf('open'), held.seen().begun]).toEqual([[], 0]);
      await session.query('COMMIT');
      const committedAt = await now();
      await eventually(held.seen, ({ begun, pings }) => begun === 1 && pings > 0);
      expect(await claimed()).toBeLessThan(committedAt);
      held.releaseAll();
      await eventually(claimed, (publishedUntilAt) => publishedUntilAt >= committedAt);
    } finally {
      held.releaseAll();
    }
    const ends = await admin.fetchTopicOffsets(`${prefix}.status`);
    await eventually(
      () => versionsOf('open'),
      ({ length }) => length > 0,
    );
    const [record] = recordsOf('open');
    const end = ends.find(({ partition }) => partition === record?.partition);
    expect(record?.offset).toBeLessThan(Number(end?.high));
  });

  test('of two, one publishes; when its session is ended by the server, the work goes on, and nothing is lost', async () => {
    const [first, second] = [start(), start()];
    const both = () => [first.roles.at(-1), second.roles.at(-1)];
    await eventually(both, (roles) => roles.includes('active') && roles.includes('standby'));
    expect([first.service.isReady?.(), second.service.isReady?.()]).toEqual([true, true]);
    await load('moved');
    await writer.setStatus('moved', 'active');
    await eventually(
      () => versionsOf('moved'),
      (versions) => versions.includes(2),
    );
    await database.query(
      `SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
       WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()`,
    );
    await writer.setStatus('moved', 'off_market');
    await eventually(
      () => versionsOf('moved'),
      (versions) => versions.includes(3),
    );
    await eventually(both, (roles) => roles.includes('active') && roles.includes('standby'));
    expect([first.crashes, second.crashes]).toEqual([[], []]);
  });

  test('a row that no record can be made of is put aside, the rows behind it go on, and T waits for an operator', async () => {
    const relay = start();
    await load('behind');
    await database.query(
      `INSERT INTO porchlight.outbox (aggregatetype, aggregateid, type, payload) VALUES ('property', 'forged', 'ListingStatusChanged', '{}')`,
    );
    await writer.setStatus('behind', 'active');
    await eventually(
      () => versionsOf('behind'),
      ({ length }) => length === 1,
    );
    expect(
      await eventually(
        () => relay.buried,
        ({ length }) => length === 1,
      ),
    ).toEqual(['forged']);
    const stands = await catalog.relayProgress();
    const [dead] = await database.query('SELECT aggregateid, error FROM porchlight.outbox_dead');
    expect(dead).toMatchObject({ aggregateid: 'forged', error: expect.stringContaining('wrong propertyId') });
    await database.query('DELETE FROM porchlight.outbox_dead');
    await eventually(
      () => catalog.relayProgress(),
      (progress) => (progress?.publishedUntilAt ?? 0) > (stands?.publishedUntilAt ?? 0),
    );
  });

  test('with no Kafka a change waits in the outbox, the stop does not, and the next relay publishes it', async () => {
    const lonely = start({ brokersOf: ['127.0.0.1:1'] });
    await eventually(
      () => lonely.roles,
      (roles) => roles.includes('active'),
    );
    await load('patient');
    await writer.setStatus('patient', 'active');
    const [held] = relays.splice(0);
    held?.stop.abort();
    await held?.service.stop();
    expect([await rowsLeft(), versionsOf('patient'), lonely.crashes]).toEqual([1, [], []]);
    start();
    await eventually(
      () => versionsOf('patient'),
      ({ length }) => length === 1,
    );
  });
});
