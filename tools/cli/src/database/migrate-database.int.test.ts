import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, startOldPostgres, type TestDatabase } from '@porchlight/property-catalog/testing';
import { serverAddress } from '../testing/dev-servers.ts';
import { runCommand } from '../testing/run-command.ts';

let database: TestDatabase;
/** A database beside it that nobody has migrated. */
let fresh: URL;
let role: string;

const migrate = (databaseUrl: string, ...args: string[]) =>
  runCommand(['database', 'migrate', ...args], { DATABASE_URL: databaseUrl });

beforeAll(async () => {
  database = await createTestDatabase(serverAddress('DATABASE_URL'));
  fresh = new URL(database.databaseUrl);
  fresh.pathname += '_fresh';
  role = `${fresh.pathname.slice(1)}_role`;
  await database.query(`CREATE DATABASE ${fresh.pathname.slice(1)}`);
  await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'hushed'`);
});
afterAll(async () => {
  await database.query(`DROP DATABASE ${fresh.pathname.slice(1)} WITH (FORCE)`);
  await database.query(`DROP ROLE ${role}`);
  await database.drop();
});

test('a role that may not create the schema is refused with what it needs', async () => {
  const modest = new URL(fresh);
  modest.username = role;
  modest.password = 'hushed';
  const { code, out, error } = await migrate(modest.href);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(error).toMatch(/^DATABASE_REFUSED: PostgreSQL at .* refuses: permission denied for database /);
  expect(error).toContain('GRANT CREATE ON DATABASE');
  expect(error).not.toContain('hushed');
});

test('says what was applied; a second time changes nothing and says so', async () => {
  expect(await migrate(fresh.href)).toEqual({
    code: 0,
    error: '',
    out: [
      'applied    001_homes',
      'applied    002_outbox',
      'applied    003_changes',
      'applied    004_outbox_bell',
      '4 migrations applied to the schema porchlight\n',
    ].join('\n'),
  });
  expect(await migrate(fresh.href)).toEqual({
    code: 0,
    error: '',
    out: 'the schema porchlight is up to date: nothing was changed\n',
  });
  expect(await migrate(fresh.href, '--json')).toEqual({ code: 0, error: '', out: '{"applied":[]}\n' });
});

test('--database-url goes before DATABASE_URL', async () => {
  const { code, out } = await migrate('postgres://127.0.0.1:1/none', '--json', '--database-url', database.databaseUrl);
  expect({ code, out }).toEqual({ code: 0, out: '{"applied":[]}\n' });
});

test('a PostgreSQL that does not answer is named with what to look at, without its password', async () => {
  const { code, out, error } = await migrate('postgres://somebody:hushed@127.0.0.1:1/homes');
  expect({ code, out }).toEqual({ code: 69, out: '' });
  expect(error).toMatch(
    /^DATABASE_UNREACHABLE: .*ECONNREFUSED.* \(127\.0\.0\.1:1\/homes\): is PostgreSQL running, and is DATABASE_URL right\?\n$/,
  );
  expect(error).not.toContain('hushed');
});

test('an old PostgreSQL is refused before anything is changed', async () => {
  const server = await startOldPostgres(150_004);
  try {
    const { code, error } = await migrate(server.databaseUrl);
    expect(code).toBe(1);
    expect(error).toMatch(/^DATABASE_TOO_OLD: PostgreSQL 16 or newer is needed, and this is 15; nothing was changed/);
    expect(server.statements).toEqual(['SHOW server_version_num']);
  } finally {
    await server.close();
  }
});

test.each(['mysql://somebody:hushed@db/homes', 'somebody:hushed@db', 'hushed'])(
  'what is no address of PostgreSQL is refused and not shown: %s',
  async (databaseUrl) => {
    const { code, out, error } = await migrate(databaseUrl);
    expect({ code, out }).toEqual({ code: 78, out: '' });
    expect(error).toMatch(/^DATABASE_URL_INVALID: /);
    expect(error).not.toContain('hushed');
  },
);
