import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import { homesIn } from '../../testing/homes-in.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { connectCatalog } from './pg-catalog.ts';
import { connectCatalogWriter } from './pg-writer.ts';
import { openPool } from './pool.ts';

let database: TestDatabase;
const { insertHome } = homesIn(() => database);

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
});
afterAll(async () => {
  await database.drop();
});

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
  const endTheLoad = () =>
    database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE '%json_to_recordset%' AND wait_event_type = 'Lock'`,
    );
  await eventually(endTheLoad, ({ length }) => length > 0, 'a load that waits, and is ended');
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
