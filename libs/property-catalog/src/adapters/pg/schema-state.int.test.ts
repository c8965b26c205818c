import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { readSchemaState } from './schema-state.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(process.env['DATABASE_URL']);
});
afterAll(() => database.drop());

const state = () => readSchemaState({ databaseUrl: database.databaseUrl });

test('a schema that is up to date has nothing to be applied', async () => {
  expect(await state()).toEqual({ serverVersion: expect.stringMatching(/^\d+/), pending: [], unknown: [] });
});

test('says which migrations are missing, and which are from newer code', async () => {
  const [last] = await database.query<{ name: string }>(
    'DELETE FROM porchlight.migration WHERE id = (SELECT max(id) FROM porchlight.migration) RETURNING name',
  );
  await database.query("INSERT INTO porchlight.migration (name, run_on) VALUES ('999_of-tomorrow', now())");
  expect(await state()).toMatchObject({ pending: [last?.name], unknown: ['999_of-tomorrow'] });
});

test('a database without the schema lacks all of them, and gets nothing', async () => {
  await database.query('DROP SCHEMA porchlight CASCADE');
  expect((await state()).pending.length).toBeGreaterThan(3);
  expect(await database.query("SELECT 1 FROM pg_namespace WHERE nspname = 'porchlight'")).toEqual([]);
});

test('a server that is not there does not answer, and its password is not told', async () => {
  const thrown: unknown = await readSchemaState({ databaseUrl: 'postgres://somebody:secret@127.0.0.1:1/homes' }).catch(
    (error: unknown) => error,
  );
  expect(thrown).toMatchObject({ code: 'CATALOG_UNAVAILABLE' });
  expect(String(thrown)).not.toContain('secret');
});
