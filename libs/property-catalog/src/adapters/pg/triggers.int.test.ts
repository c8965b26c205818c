import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import type pg from 'pg';
import { homesIn } from '../../testing/homes-in.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';

let database: TestDatabase;
const { insertHome, outboxOf, versionOf } = homesIn(() => database);

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
});
afterAll(async () => {
  await database.drop();
});

/** Waits until a session is held up by another's row lock. */
async function untilBlocked(session: pg.Client): Promise<void> {
  const { processID } = session as unknown as { processID: number };
  const blockersOf = () =>
    database.query<{ blockers: number }>('SELECT cardinality(pg_blocking_pids($1)) AS blockers', [processID]);
  await eventually(blockersOf, ([row]) => (row?.blockers ?? 0) > 0, 'a session that waits');
}

test('a statement that changes status and MLS of many homes raises each by one', async () => {
  await insertHome('many-1');
  await insertHome('many-2', 'off_market');
  await database.query(
    `UPDATE porchlight.property SET listing_status = 'active', mls_id = 'm' WHERE property_id LIKE 'many-%'`,
  );
  expect([await versionOf('many-1'), await versionOf('many-2')]).toEqual([2, 2]);
  expect(await outboxOf('many-1')).toEqual(['ListingStatusChanged 1', 'ListingStatusChanged 2']);
});

test('no writer can set a version: not back, not forward, not by the way', async () => {
  await insertHome('kept');
  await database.query(`INSERT INTO porchlight.mls_rule VALUES ('kept-mls', 1, 'agent', 'agent')`);
  for (const statement of [
    `INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status, visibility_version)
     VALUES ('ahead', 1, 1, 'active', 9007199254740991)`,
    `INSERT INTO porchlight.mls_rule VALUES ('ahead-mls', 7, 'agent', 'agent')`,
    `UPDATE porchlight.property SET visibility_version = 1 + visibility_version WHERE property_id = 'kept'`,
    `UPDATE porchlight.property SET visibility_version = 9, listing_status = 'off_market' WHERE property_id = 'kept'`,
    `UPDATE porchlight.mls_rule SET rule_version = 2 WHERE mls_id = 'kept-mls'`,
    `UPDATE porchlight.mls_rule SET rule_version = 8, active_level = 'nobody' WHERE mls_id = 'kept-mls'`,
  ]) {
    await expect(database.query(statement)).rejects.toThrow('is kept by the database');
  }
  expect(await outboxOf('kept')).toEqual(['ListingStatusChanged 1']);
  expect(await outboxOf('kept-mls')).toEqual(['MlsRuleChanged 1']);
  expect([await outboxOf('ahead'), await outboxOf('ahead-mls')]).toEqual([[], []]);
});

test('homes and rules are never deleted, keys never change, overrides are not truncated away', async () => {
  await insertHome('stays');
  await database.query(`INSERT INTO porchlight.seller_override VALUES ('stays', 'agent')`);
  await database.query(`INSERT INTO porchlight.mls_rule VALUES ('stays-mls', 1, 'agent', 'agent')`);
  for (const statement of [
    `DELETE FROM porchlight.property WHERE property_id = 'stays'`,
    `DELETE FROM porchlight.mls_rule`,
    `TRUNCATE porchlight.mls_rule`,
    `TRUNCATE porchlight.seller_override`,
    `TRUNCATE porchlight.property CASCADE`,
  ]) {
    await expect(database.query(statement)).rejects.toThrow('is refused');
  }
  await expect(
    database.query(`UPDATE porchlight.property SET property_id = 'goes' WHERE property_id = 'stays'`),
  ).rejects.toThrow('cannot take another id');
  await expect(
    database.query(`UPDATE porchlight.mls_rule SET mls_id = 'goes' WHERE mls_id = 'stays-mls'`),
  ).rejects.toThrow('cannot move');
  await expect(
    database.query(`UPDATE porchlight.seller_override SET property_id = 'kept' WHERE property_id = 'stays'`),
  ).rejects.toThrow('cannot move');
});

test('an override on a home that does not exist leaves nothing behind', async () => {
  await expect(database.query(`INSERT INTO porchlight.seller_override VALUES ('ghost', 'agent')`)).rejects.toThrow(
    'foreign key',
  );
  expect(await outboxOf('ghost')).toEqual([]);
});

test('a change that is rolled back raises nothing and publishes nothing', async () => {
  await insertHome('back');
  const session = await database.session();
  await session.query(`BEGIN; UPDATE porchlight.property SET mls_id = 'm' WHERE property_id = 'back'; ROLLBACK`);
  expect([await versionOf('back'), await outboxOf('back')]).toEqual([1, ['ListingStatusChanged 1']]);
});

test('two transactions on one home wait for each other and get consecutive versions, in the order of their rows', async () => {
  await insertHome('pair');
  const [first, second] = [await database.session(), await database.session()];
  await first.query(`BEGIN; INSERT INTO porchlight.seller_override VALUES ('pair', 'nobody')`);
  const waiting = second.query(
    `UPDATE porchlight.property SET listing_status = 'off_market' WHERE property_id = 'pair'`,
  );
  await untilBlocked(second);
  await first.query(`UPDATE porchlight.property SET mls_id = 'm' WHERE property_id = 'pair'; COMMIT`);
  await waiting;
  expect(await outboxOf('pair')).toEqual([
    'ListingStatusChanged 1',
    'SellerOverrideChanged 2',
    'ListingStatusChanged 3',
    'ListingStatusChanged 4',
  ]);
});

test('an override and a status change of one home, each holding the other up, do not deadlock', async () => {
  await insertHome('knot');
  const [first, second] = [await database.session(), await database.session()];
  await first.query(`BEGIN; UPDATE porchlight.property SET mls_id = 'm' WHERE property_id = 'knot'`);
  const override = second.query(
    `INSERT INTO porchlight.seller_override VALUES ('knot', 'agent') ON CONFLICT (property_id) DO UPDATE SET level = excluded.level`,
  );
  await untilBlocked(second);
  await first.query(`INSERT INTO porchlight.seller_override VALUES ('knot', 'nobody'); COMMIT`);
  await override;
  expect(await outboxOf('knot')).toEqual([
    'ListingStatusChanged 1',
    'ListingStatusChanged 2',
    'SellerOverrideChanged 3',
    'SellerOverrideChanged 4',
  ]);
});

test('an override that is lifted by hand, its home locked first, does not deadlock beside another writer', async () => {
  await insertHome('order');
  await database.query(`INSERT INTO porchlight.seller_override VALUES ('order', 'agent')`);
  const [first, second] = [await database.session(), await database.session()];
  await first.query(`BEGIN; SELECT FROM porchlight.property WHERE property_id = 'order' FOR NO KEY UPDATE`);
  const override = second.query(
    `INSERT INTO porchlight.seller_override VALUES ('order', 'nobody') ON CONFLICT (property_id) DO UPDATE SET level = excluded.level`,
  );
  await untilBlocked(second);
  await first.query(`DELETE FROM porchlight.seller_override WHERE property_id = 'order'; COMMIT`);
  await override;
  expect((await outboxOf('order')).slice(2)).toEqual(['SellerOverrideChanged 3', 'SellerOverrideChanged 4']);
});

test('everybody may execute what is pure, and nothing else', async () => {
  const open = await database.query<{ proname: string }>(
    `SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'porchlight'::regnamespace
     AND has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY p.proname`,
  );
  expect(open.map(({ proname }) => proname)).toEqual(['instant_of', 'is_bulk_load', 'morton_of', 'spread_bits']);
});

test('a role with rights on the three tables only writes them, and cannot forge an outbox row', async () => {
  const role = `porchlight_feed_${process.pid}`;
  await insertHome('feed');
  const session = await database.session();
  try {
    await database.query(`CREATE ROLE ${role}`);
    await database.query(`GRANT USAGE ON SCHEMA porchlight TO ${role}`);
    await database.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON porchlight.property, porchlight.seller_override, porchlight.mls_rule TO ${role}`,
    );
    await session.query(`SET ROLE ${role}`);
    await session.query(`INSERT INTO porchlight.seller_override VALUES ('feed', 'agent')`);
    await session.query(`DELETE FROM porchlight.seller_override WHERE property_id = 'feed'`);
    await session.query(`UPDATE porchlight.property SET listing_status = 'off_market' WHERE property_id = 'feed'`);
    await session.query(
      `INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('fed', 1, 1, 'active')`,
    );
    await session.query(`INSERT INTO porchlight.mls_rule (mls_id, active_level, off_market_level)
                         VALUES ('fed-mls', 'agent', 'agent')`);
    await session.query(`CREATE TEMP TABLE lure (LIKE porchlight.property)`);
    for (const forgery of [
      `INSERT INTO porchlight.outbox (aggregatetype, aggregateid, type, payload) VALUES ('property', 'feed', 'x', '{}')`,
      `SELECT porchlight.write_override_change(p) FROM porchlight.property p WHERE property_id = 'feed'`,
      `CREATE TRIGGER lure AFTER INSERT ON lure FOR EACH ROW EXECUTE FUNCTION porchlight.publish_listing_status()`,
    ]) {
      await expect(session.query(forgery)).rejects.toThrow('permission denied');
    }
    expect(await outboxOf('feed')).toHaveLength(4);
    expect([await outboxOf('fed'), await outboxOf('fed-mls')]).toEqual([
      ['ListingStatusChanged 1'],
      ['MlsRuleChanged 1'],
    ]);
  } finally {
    await session.query('RESET ROLE');
    await database.query(`DROP OWNED BY ${role}`);
    await database.query(`DROP ROLE ${role}`);
  }
});
