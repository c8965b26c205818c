import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mortonOf } from '@porchlight/geo';
import fc from 'fast-check';
import type pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { migrate } from './migrate.ts';
import { connectCatalog } from './pg-catalog.ts';
import { connectCatalogWriter } from './pg-writer.ts';
import { openPool } from './pool.ts';

let database: TestDatabase;

/** Waits until a session is held up by another's row lock. */
async function untilBlocked(session: pg.Client): Promise<void> {
  const { processID } = session as unknown as { processID: number };
  for (;;) {
    const [row] = await database.query<{ blockers: number }>('SELECT cardinality(pg_blocking_pids($1)) AS blockers', [
      processID,
    ]);
    if ((row?.blockers ?? 0) > 0) return;
  }
}

const insertHome = (propertyId: string, status = 'active') =>
  database.query(
    'INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ($1, 47.6, -122.3, $2)',
    [propertyId, status],
  );
const outboxOf = async (key: string) => {
  const rows = await database.query<{ type: string; version: number }>(
    `SELECT type, coalesce(payload->'visibilityVersion', payload->'ruleVersion')::int AS version
     FROM porchlight.outbox WHERE aggregateid = $1 ORDER BY id`,
    [key],
  );
  return rows.map(({ type, version }) => `${type} ${version}`);
};
const versionOf = async (propertyId: string) => {
  const [row] = await database.query<{ version: number }>(
    'SELECT visibility_version::int AS version FROM porchlight.property WHERE property_id = $1',
    [propertyId],
  );
  return row?.version;
};

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
});
afterAll(async () => {
  await database.drop();
});

describe('migrations', () => {
  test('run again, and by four at once, they find nothing to do', async () => {
    const { databaseUrl } = database;
    expect(await Promise.all([1, 2, 3, 4].map(() => migrate({ databaseUrl })))).toEqual([[], [], [], []]);
  });

  test('started four times at once on a new database, each migration is applied once', async () => {
    const [{ name } = { name: '' }] = await database.query<{ name: string }>('SELECT current_database() AS name');
    const fresh = new URL(database.databaseUrl);
    fresh.pathname = `/${name}_fresh`;
    await database.query(`CREATE DATABASE ${name}_fresh`);
    try {
      const lines: string[] = [];
      const log = (line: string) => lines.push(line);
      const applied = await Promise.all([1, 2, 3, 4].map(() => migrate({ databaseUrl: fresh.href, log })));
      expect(applied.flat()).toEqual(['001_homes', '002_outbox', '003_changes', '004_outbox_bell']);
      expect(lines.filter((line) => line.includes('001_homes (UP)'))).toHaveLength(1);
    } finally {
      await database.query(`DROP DATABASE ${name}_fresh WITH (FORCE)`);
    }
  });

  test('nothing is made outside of the schema', async () => {
    const others = await database.query(
      `SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname NOT IN ('porchlight', 'pg_catalog', 'information_schema', 'pg_toast')`,
    );
    expect(others).toEqual([]);
  });
});

describe('places', () => {
  test('the database computes the same Morton codes as @porchlight/geo, at the edges of the map too', async () => {
    const coordinate = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
    const point = fc.record({ latitude: coordinate(85.0511), longitude: coordinate(180) });
    const edges = [-85.0511, 0, 85.0511].flatMap((latitude) =>
      [-180, 0, 180].map((longitude) => ({ latitude, longitude })),
    );
    const points = [...edges, ...fc.sample(point, { numRuns: 20_000, seed: 1 })];
    const rows = await database.query<{ morton: string }>(
      `SELECT porchlight.morton_of(latitude, longitude)::text AS morton
       FROM unnest($1::double precision[], $2::double precision[]) WITH ORDINALITY AS p (latitude, longitude, place) ORDER BY place`,
      [points.map(({ latitude }) => latitude), points.map(({ longitude }) => longitude)],
    );
    const different = points.filter((each, index) => String(mortonOf(each)) !== rows[index]?.morton);
    expect([rows.length, different]).toEqual([20_009, []]);
  });

  test.each([
    ['latitude', [85.06, 0]],
    ['latitude', ['NaN', 0]],
    ['latitude', [90, 0]],
    ['longitude', [0, 180.1]],
    ['longitude', [0, '-Infinity']],
  ])('a %s off the map is refused: %j', async (_, [latitude, longitude]) => {
    const insert = database.query(
      `INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('off', $1, $2, 'active')`,
      [latitude, longitude],
    );
    await expect(insert).rejects.toThrow();
  });

  test.each(['', 'a b', 'a'.repeat(65), 'é', 'a\n'])('an id that is none is refused: %j', async (id) => {
    await expect(insertHome(id)).rejects.toThrow('identifier_check');
  });
});

describe('versions', () => {
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
});

describe('bulk load', () => {
  test('leaves out only what is new: a change to a home that was there is published all the same', async () => {
    await insertHome('old');
    const session = await database.session();
    await session.query(`
      BEGIN; SET LOCAL porchlight.bulk_load = on;
      UPDATE porchlight.property SET listing_status = 'off_market' WHERE property_id = 'old'; COMMIT;
      BEGIN; SET LOCAL porchlight.bulk_load = on;
      INSERT INTO porchlight.seller_override VALUES ('old', 'nobody');
      INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('fresh', 1, 1, 'active');
      INSERT INTO porchlight.seller_override VALUES ('fresh', 'nobody'); COMMIT`);
    expect(await outboxOf('old')).toEqual([
      'ListingStatusChanged 1',
      'ListingStatusChanged 2',
      'SellerOverrideChanged 3',
    ]);
    expect([await outboxOf('fresh'), await versionOf('fresh')]).toEqual([[], 2]);
    await session.query(`UPDATE porchlight.property SET mls_id = 'm' WHERE property_id = 'fresh'`);
    expect(await outboxOf('fresh')).toEqual(['ListingStatusChanged 3']);
  });

  test.each([
    ['moved', `UPDATE porchlight.property SET latitude = latitude + 0.0001 WHERE property_id = 'moved'`],
    ['touched', `UPDATE porchlight.property SET is_new = true WHERE property_id = 'touched'`],
    [
      'offered',
      `INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('offered', 1, 1, 'active')
       ON CONFLICT (property_id) DO UPDATE SET latitude = excluded.latitude, is_new = excluded.is_new`,
    ],
  ])('an override on an old home is published, although this transaction wrote its row: %s', async (id, write) => {
    await insertHome(id);
    const session = await database.session();
    await session.query(
      `BEGIN; SET LOCAL porchlight.bulk_load = on; ${write}; INSERT INTO porchlight.seller_override VALUES ('${id}', 'nobody'); COMMIT`,
    );
    expect(await outboxOf(id)).toEqual(['ListingStatusChanged 1', 'SellerOverrideChanged 2']);
  });

  test('a home that this transaction made, and moved, is still new to everybody', async () => {
    const session = await database.session();
    await session.query(`
      BEGIN; SET LOCAL porchlight.bulk_load = on;
      INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('placed', 1, 1, 'active');
      UPDATE porchlight.property SET latitude = 2 WHERE property_id = 'placed';
      INSERT INTO porchlight.seller_override VALUES ('placed', 'nobody'); COMMIT`);
    expect([await outboxOf('placed'), await versionOf('placed')]).toEqual([[], 2]);
  });
});

describe('the connection', () => {
  test('a connection that breaks while idle is replaced, and the process lives', async () => {
    const { databaseUrl } = database;
    const lost: Error[] = [];
    const catalog = connectCatalog({ databaseUrl, poolMax: 1, onConnectionLost: (error) => lost.push(error) });
    await catalog.mlsRules();
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'porchlight' AND datname = current_database()`,
    );
    // One call may still meet the broken connection; it says so, and the next has another.
    const answered = await catalog.mlsRules().catch(() => catalog.mlsRules());
    expect(answered.readAt).toBeGreaterThan(0);
    await catalog.close();
  });

  test('a server that is not there, a statement that takes too long, too many that wait: all say retry', async () => {
    const away = connectCatalog({ databaseUrl: 'postgres://nobody:secret@127.0.0.1:1/none' });
    const refused: unknown = await away.mlsRules().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'CATALOG_UNAVAILABLE', fate: 'retry' });
    expect(String(refused)).not.toContain('secret');
    await away.close();

    const blocker = await database.session();
    await insertHome('held');
    await blocker.query(`BEGIN; UPDATE porchlight.property SET mls_id = 'm' WHERE property_id = 'held'`);
    const writer = connectCatalogWriter({
      databaseUrl: database.databaseUrl,
      poolMax: 1,
      waitingMax: 1,
      statementTimeoutMs: 100,
    });
    const calls = ['a', 'b', 'c', 'd'].map((mlsId) =>
      writer.setMls('held', mlsId).catch((error: unknown) => String(error)),
    );
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => String(answer).includes('calls wait already')).length).toBeGreaterThanOrEqual(1);
    expect(answers.filter((answer) => String(answer).includes('statement timeout')).length).toBeGreaterThanOrEqual(1);
    await blocker.query('ROLLBACK');
    await writer.setMls('held', 'e');
    await writer.close();
  });

  test('a connection that breaks in the middle of a load fails the load, and the process lives', async () => {
    const holder = await database.session();
    await holder.query(
      `BEGIN; INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('both', 1, 1, 'active')`,
    );
    const writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
    const home = {
      propertyId: 'both',
      latitude: 1,
      longitude: 1,
      status: 'active',
      mlsId: null,
      overrideLevel: null,
    } as const;
    const load = writer.loadProperties([[home]]).catch((error: unknown) => error);
    for (let ended = 0; ended === 0;) {
      const rows = await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE '%json_to_recordset%' AND wait_event_type = 'Lock'`,
      );
      ended = rows.length;
    }
    expect(await load).toMatchObject({ code: 'CATALOG_UNAVAILABLE' });
    await holder.query('ROLLBACK');
    expect(await writer.loadProperties([[home]])).toEqual({ loaded: 1 });
    await writer.close();
  });

  test('a connection that breaks between two statements of a transaction fails the next, and the process lives', async () => {
    const pool = openPool({ databaseUrl: database.databaseUrl, poolMax: 1 });
    const thrown: unknown = await pool
      .transaction(async (client) => {
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        const gone = new Promise((resolve) => client.once('end', resolve));
        await database.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
        await gone;
        await client.query('SELECT 1');
      })
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'CATALOG_UNAVAILABLE' });
    await pool.close();
  });

  test('a database without the schema is one that is not there yet', async () => {
    const bare = new URL(database.databaseUrl);
    bare.pathname = '/postgres';
    const catalog = connectCatalog({ databaseUrl: bare.href });
    await expect(catalog.mlsRules()).rejects.toMatchObject({ code: 'CATALOG_UNAVAILABLE' });
    await catalog.close();
  });
});
