import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../adapters/pg/migrate.ts';

export interface TestDatabase {
  readonly databaseUrl: string;
  /** One statement with the rights of the owner. */
  readonly query: <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>;
  /** A connection of its own, for a transaction that stays open; ended by `drop`. */
  readonly session: () => Promise<pg.Client>;
  /** Ends every connection and drops the database. */
  readonly drop: () => Promise<void>;
}

async function runOnce(databaseUrl: string, text: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(text).finally(() => client.end());
}

/**
 * A database of a test's own on the given server, migrated.
 *
 * @param databaseUrl a role that may create databases; the database that it names is not touched
 */
export async function createTestDatabase(databaseUrl: string | undefined): Promise<TestDatabase> {
  if (databaseUrl === undefined) throw new Error('DATABASE_URL is not set: integration tests need a PostgreSQL');
  const name = `porchlight_test_${randomBytes(6).toString('hex')}`;
  await runOnce(databaseUrl, `CREATE DATABASE ${name}`);
  const own = new URL(databaseUrl);
  own.pathname = `/${name}`;
  await migrate({ databaseUrl: own.href });
  const pool = new pg.Pool({ connectionString: own.href, max: 2 });
  pool.on('error', () => undefined); // a test may end its own connections
  const sessions: pg.Client[] = [];
  return {
    databaseUrl: own.href,
    async session() {
      const client = new pg.Client(own.href);
      client.on('error', () => undefined);
      await client.connect();
      sessions.push(client);
      return client;
    },
    query: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      (await pool.query<Row>(text, values)).rows,
    async drop() {
      await Promise.all([pool.end(), ...sessions.map((client) => client.end())]);
      await runOnce(databaseUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
