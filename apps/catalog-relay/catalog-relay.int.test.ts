import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import { holdingRelay } from './testing/holding-relay.ts';
import { RelayBench } from './testing/relay-bench.ts';

let bench: RelayBench;
beforeAll(async () => {
  bench = await RelayBench.open();
});
afterEach(() => bench.stopRelays());
afterAll(() => bench.close());

describe('catalog-relay on PostgreSQL and Kafka', () => {
  test('each kind of change comes out of its topic, under its key, with the value that was committed', async () => {
    bench.start();
    await bench.load('kinds');
    await bench.writer.setRule({ mlsId: 'kinds-mls', activeLevel: 'registered', offMarketLevel: 'agent' });
    await bench.writer.setMls('kinds', 'kinds-mls');
    await bench.writer.setOverride('kinds', 'nobody');
    await eventually(
      () => [...bench.recordsOf('kinds'), ...bench.recordsOf('kinds-mls')],
      ({ length }) => length === 3,
      'the three records',
    );
    const [status, override] = ['.status', '.override'].map((end) =>
      bench.recordsOf('kinds').find(({ topic }) => topic.endsWith(end)),
    );
    expect(status?.value).toMatchObject({
      propertyId: 'kinds',
      visibilityVersion: 2,
      status: 'off_market',
      mlsId: 'kinds-mls',
    });
    expect(override?.value).toMatchObject({ propertyId: 'kinds', visibilityVersion: 3, level: 'nobody' });
    expect(bench.recordsOf('kinds-mls')).toMatchObject([
      {
        topic: `${bench.prefix}.rule`,
        value: { mlsId: 'kinds-mls', ruleVersion: 1, activeLevel: 'registered', offMarketLevel: 'agent' },
      },
    ]);
    await eventually(
      () => bench.rowsLeft(),
      (rows) => rows === 0,
      'an empty outbox',
    );
  });

  test('many writers at once: each key keeps its order in one partition, nothing is missing, nothing is left', async () => {
    bench.start();
    const homes = Array.from({ length: 12 }, (_, n) => `order-${n}`);
    await bench.load(...homes);
    const change = async (id: string): Promise<void> => {
      for (let turn = 0; turn < 10; turn += 1)
        await bench.writer.setStatus(id, turn % 2 === 0 ? 'active' : 'off_market');
    };
    await Promise.all(homes.map(change));
    await eventually(() => homes.every((id) => bench.versionsOf(id).includes(11)), Boolean, 'the last version of each');
    for (const id of homes) {
      expect(bench.versionsOf(id)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect(new Set(bench.recordsOf(id).map(({ partition }) => partition)).size).toBe(1);
    }
    expect(
      await eventually(
        () => bench.rowsLeft(),
        (rows) => rows === 0,
        'an empty outbox',
      ),
    ).toBe(0);
  });

  test('a transaction that commits behind later ones is published too', async () => {
    bench.start();
    await bench.load('slow', 'quick');
    const session = await bench.database.session();
    await session.query(`BEGIN; UPDATE porchlight.property SET listing_status = 'active' WHERE property_id = 'slow'`);
    await bench.writer.setStatus('quick', 'active');
    await eventually(
      () => bench.versionsOf('quick'),
      ({ length }) => length === 1,
      'the quick one',
    );
    await session.query('COMMIT');
    await eventually(
      () => bench.versionsOf('slow'),
      ({ length }) => length === 1,
      'the slow one',
    );
    expect([bench.versionsOf('quick'), bench.versionsOf('slow')]).toEqual([[2], [2]]);
  });

  test('T moves without any change, and names the partitions of every topic', async () => {
    bench.start();
    const first = await eventually(
      () => bench.catalog.relayProgress(),
      (progress) => progress !== null,
      'the first progress',
    );
    const later = await eventually(
      () => bench.catalog.relayProgress(),
      (progress) => (progress?.publishedUntilAt ?? 0) > (first?.publishedUntilAt ?? 0),
      'a later progress',
    );
    expect(later?.partitions).toEqual(Object.fromEntries(bench.topicNames.map((name) => [name, 3])));
  });

  test('T says what it claims: it waits for a change that is on its way, and then that change is in Kafka', async () => {
    const held = holdingRelay();
    bench.start(held);
    try {
      await bench.load('before', 'claim');
      await bench.writer.setStatus('before', 'active');
      await eventually(held.seen, ({ begun }) => begun === 1, 'a round that has begun');
      await bench.writer.setStatus('claim', 'active');
      const changedAt = await bench.databaseNow();
      held.release(0); // the round that follows has a T after the change, and may not say so yet
      // A relay asks its session only while it waits for Kafka; one that does not wait would move T instead.
      await eventually(
        async () => (await bench.claimed()) >= changedAt || (held.seen().begun === 2 && held.seen().pings > 0),
        (isDecided) => isDecided,
        'a decision',
      );
      expect(await bench.claimed()).toBeLessThan(changedAt);
      held.releaseAll();
      await eventually(
        () => bench.claimed(),
        (publishedUntilAt) => publishedUntilAt >= changedAt,
        'the claim',
      );
    } finally {
      held.releaseAll();
    }
    const ends = await bench.statusEnds();
    await eventually(
      () => bench.versionsOf('claim'),
      ({ length }) => length > 0,
      'the record',
    );
    const [record] = bench.recordsOf('claim');
    expect(record).toMatchObject({ topic: `${bench.prefix}.status`, value: { visibilityVersion: 2 } });
    expect(record?.offset).toBeLessThan(ends.get(record?.partition ?? -1) ?? 0);
  });

  test('T passes a transaction that is still open, and no T after its commit is written before its row is in Kafka', async () => {
    const held = holdingRelay();
    bench.start(held);
    try {
      await bench.load('open');
      const session = await bench.database.session();
      await session.query(`BEGIN; UPDATE porchlight.property SET listing_status = 'active' WHERE property_id = 'open'`);
      const drawnAt = await bench.databaseNow();
      // Nobody has seen the change yet, so a T after its drawing claims nothing of it.
      await eventually(
        () => bench.claimed(),
        (publishedUntilAt) => publishedUntilAt > drawnAt,
        'a later T',
      );
      expect([bench.versionsOf('open'), held.seen().begun]).toEqual([[], 0]);
      await session.query('COMMIT');
      const committedAt = await bench.databaseNow();
      await eventually(held.seen, ({ begun, pings }) => begun === 1 && pings > 0, 'a round that waits');
      expect(await bench.claimed()).toBeLessThan(committedAt);
      held.releaseAll();
      await eventually(
        () => bench.claimed(),
        (publishedUntilAt) => publishedUntilAt >= committedAt,
        'T after the commit',
      );
    } finally {
      held.releaseAll();
    }
    const ends = await bench.statusEnds();
    await eventually(
      () => bench.versionsOf('open'),
      ({ length }) => length > 0,
      'the record',
    );
    const [record] = bench.recordsOf('open');
    expect(record?.offset).toBeLessThan(ends.get(record?.partition ?? -1) ?? 0);
  });

  test('of two, one publishes; when its session is ended by the server, the work goes on, and nothing is lost', async () => {
    const [first, second] = [bench.start(), bench.start()];
    const both = () => [first.roles.at(-1), second.roles.at(-1)];
    await eventually(
      both,
      (roles) => roles.includes('active') && roles.includes('standby'),
      'one active and one on standby',
    );
    expect([first.service.isReady?.(), second.service.isReady?.()]).toEqual([true, true]);
    await bench.load('moved');
    await bench.writer.setStatus('moved', 'active');
    await eventually(
      () => bench.versionsOf('moved'),
      (versions) => versions.includes(2),
      'version 2',
    );
    await bench.database.query(
      `SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
       WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()`,
    );
    await bench.writer.setStatus('moved', 'off_market');
    await eventually(
      () => bench.versionsOf('moved'),
      (versions) => versions.includes(3),
      'version 3',
    );
    await eventually(
      both,
      (roles) => roles.includes('active') && roles.includes('standby'),
      'one active and one on standby',
    );
    expect([first.crashes, second.crashes]).toEqual([[], []]);
  });

  test('a row that no record can be made of is put aside, the rows behind it go on, and T waits for an operator', async () => {
    const relay = bench.start();
    await bench.load('behind');
    await bench.database.query(
      `INSERT INTO porchlight.outbox (aggregatetype, aggregateid, type, payload) VALUES ('property', 'forged', 'ListingStatusChanged', '{}')`,
    );
    await bench.writer.setStatus('behind', 'active');
    await eventually(
      () => bench.versionsOf('behind'),
      ({ length }) => length === 1,
      'what is behind',
    );
    expect(
      await eventually(
        () => relay.buried,
        ({ length }) => length === 1,
        'what was put aside',
      ),
    ).toEqual(['forged']);
    const stands = await bench.catalog.relayProgress();
    const [dead] = await bench.database.query('SELECT aggregateid, error FROM porchlight.outbox_dead');
    expect(dead).toMatchObject({ aggregateid: 'forged', error: expect.stringContaining('wrong propertyId') });
    await bench.database.query('DELETE FROM porchlight.outbox_dead');
    await eventually(
      () => bench.catalog.relayProgress(),
      (progress) => (progress?.publishedUntilAt ?? 0) > (stands?.publishedUntilAt ?? 0),
      'a later T',
    );
  });

  test('with no Kafka a change waits in the outbox, the stop does not, and the next relay publishes it', async () => {
    const lonely = bench.start({ brokersOf: ['127.0.0.1:1'] });
    await eventually(
      () => lonely.roles,
      (roles) => roles.includes('active'),
      'the active role',
    );
    await bench.load('patient');
    await bench.writer.setStatus('patient', 'active');
    await lonely.stop();
    expect([await bench.rowsLeft(), bench.versionsOf('patient'), lonely.crashes]).toEqual([1, [], []]);
    bench.start();
    await eventually(
      () => bench.versionsOf('patient'),
      ({ length }) => length === 1,
      'the record',
    );
  });
});
