import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { migrate } from '../adapters/pg/migrate.ts';

const FOLDER = new URL('../../roles/', import.meta.url);

export interface RoleDatabase {
  /** The database, as one of the shipped roles sees it: `forecaster` for `porchlight_forecaster`. */
  readonly urlOf: (role: string) => string;
  /** One statement under such a role; the driver's error is thrown as it is. */
  readonly query: <Row extends pg.QueryResultRow>(role: string, text: string, values?: unknown[]) => Promise<Row[]>;
  /** The same with the rights of an administrator. */
  readonly asAdministrator: <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>;
  /** Runs a shipped file again. */
  readonly run: (file: '1-roles.sql' | '2-grants.sql') => Promise<void>;
  readonly drop: () => Promise<void>;
}

async function once<Row extends pg.QueryResultRow>(url: string, text: string, values?: unknown[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

function loginOf(url: string, user: string, password: string): string {
  const login = new URL(url);
  login.username = user;
  login.password = password;
  return login.href;
}

/**
 * A database as roles/README.md says to set it up: roles by an administrator, the schema by the migrator, then the
 * grants. Roles belong to the whole server, so each test has its own, under another prefix than the shipped one.
 *
 * @param databaseUrl a superuser
 */
export async function createRoleDatabase(databaseUrl: string | undefined): Promise<RoleDatabase> {
  if (databaseUrl === undefined) throw new Error('DATABASE_URL is not set: integration tests need a PostgreSQL');
  const name = `porchlight_test_${randomBytes(6).toString('hex')}`;
  const prefix = `${name}_`;
  const password = randomBytes(12).toString('hex');
  await once(databaseUrl, `CREATE DATABASE ${name}`);
  const place = new URL(databaseUrl);
  place.pathname = `/${name}`;
  const urlOf = (role: string) => loginOf(place.href, `${prefix}${role}`, password);
  const runAs = async (url: string, file: string) => {
    await once(url, (await readFile(new URL(file, FOLDER), 'utf8')).replaceAll('porchlight_', prefix));
  };
  const run = (file: string) => runAs(file === '1-roles.sql' ? place.href : urlOf('migrator'), file);
  const rolesOf = () =>
    once<{ role: string }>(place.href, 'SELECT rolname AS role FROM pg_roles WHERE starts_with(rolname, $1)', [prefix]);
  await run('1-roles.sql');
  for (const { role } of await rolesOf()) await once(place.href, `ALTER ROLE ${role} PASSWORD '${password}'`);
  await migrate({ databaseUrl: urlOf('migrator') });
  await run('2-grants.sql');
  return {
    urlOf,
    run,
    query: (role, text, values) => once(urlOf(role), text, values),
    asAdministrator: (text, values) => once(place.href, text, values),
    async drop() {
      const roles = await rolesOf();
      await once(databaseUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      for (const { role } of roles) await once(databaseUrl, `DROP ROLE ${role}`);
    },
  };
}
