import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { asCatalogError } from './unavailable.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 5_000;

/** The schema `porchlight` against the migrations of this code. */
export interface SchemaState {
  /** As the server says it, `18.0`. */
  readonly serverVersion: string;
  /** Migrations that `migrate` would apply, in order. */
  readonly pending: readonly string[];
  /** Migrations that were applied and that this code does not know: newer code was here. */
  readonly unknown: readonly string[];
}

/**
 * Looks at the schema; changes nothing.
 *
 * @param databaseUrl a role that may read the schema porchlight
 * @throws {CatalogUnavailable} no answer
 */
export async function readSchemaState({ databaseUrl }: { databaseUrl: string }): Promise<SchemaState> {
  const known = (await readdir(MIGRATIONS)).filter((file) => file.endsWith('.sql')).map((file) => file.slice(0, -4));
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'porchlight',
  });
  // Without a listener a connection that breaks ends the process; the statement under way says it too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const applied = await appliedTo(client);
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return {
      serverVersion: rows[0]?.server_version ?? '',
      pending: known.toSorted().filter((name) => !applied.has(name)),
      unknown: [...applied].filter((name) => !known.includes(name)),
    };
  } catch (error) {
    throw asCatalogError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A database without the table has had none. */
async function appliedTo(client: pg.Client): Promise<ReadonlySet<string>> {
  const table = await client.query<{ found: string | null }>(
    "SELECT to_regclass('porchlight.migration')::text AS found",
  );
  if (table.rows[0]?.found == null) return new Set();
  const { rows } = await client.query<{ name: string }>('SELECT name FROM porchlight.migration ORDER BY id');
  return new Set(rows.map(({ name }) => name));
}
