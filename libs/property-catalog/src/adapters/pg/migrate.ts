import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { DatabaseTooOld, POSTGRES_MAJOR_MIN } from '../../database-too-old.ts';
import { asCatalogError } from './unavailable.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

/** The schema that is ours; nothing is made outside of it. */
const SCHEMA = 'porchlight';

/** Any number, always the same: two runs at once meet here. Locks are per database. */
const MIGRATION_LOCK = 7_262_001;

const CONNECT_TIMEOUT_MS = 5_000;

/** The server says 160003 for 16.3. */
const VERSIONS_IN_MAJOR = 10_000;

/**
 * Brings the schema `porchlight` up to date. Safe to run twice and by several processes at once: the later one waits for
 * an advisory lock, then finds nothing to do. A migration that fails leaves nothing behind.
 *
 * @param databaseUrl a role that may create a schema in the database
 * @param log         is told each step, one line at a time
 * @returns the names of the migrations that this call applied
 * @throws {CatalogUnavailable} no answer; {DatabaseTooOld}; what PostgreSQL refuses is thrown as the driver says it
 */
export async function migrate({
  databaseUrl,
  log = () => undefined,
}: {
  databaseUrl: string;
  log?: (line: string) => void;
}): Promise<string[]> {
  const client = await connect(databaseUrl);
  try {
    // Loaded here: ten megabytes that no app needs for its life.
    const { runner } = await import('node-pg-migrate');
    const applied = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      schema: SCHEMA,
      createSchema: true,
      migrationsTable: 'migration',
      lockValue: MIGRATION_LOCK,
      advisoryLockMode: 'wait',
      singleTransaction: true,
      log: (line: string) => log(line),
    });
    return applied.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** A connection to a server that is new enough: an older one would stop in the middle with a syntax error. */
async function connect(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // Without a listener a connection that breaks ends the process; the statement under way says it too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    const major = Math.floor(Number(rows[0]?.server_version_num) / VERSIONS_IN_MAJOR);
    if (major < POSTGRES_MAJOR_MIN) throw new DatabaseTooOld(major);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw asCatalogError(error);
  }
}
