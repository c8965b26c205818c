import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { migrate } from './migrate.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
});
afterAll(async () => {
  await database.drop();
});

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
