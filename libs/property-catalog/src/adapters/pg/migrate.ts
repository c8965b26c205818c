import { fileURLToPath } from 'node:url';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

/** The schema that is ours; nothing is made outside of it. */
const SCHEMA = 'porchlight';

/** Any number, always the same: two runs at once meet here. Locks are per database. */
const MIGRATION_LOCK = 7_262_001;

/**
 * Brings the schema `porchlight` up to date. Safe to run twice and by several processes at once: the later one waits for
 * an advisory lock, then finds nothing to do. A migration that fails leaves nothing behind.
 *
 * @param databaseUrl a role that may create a schema in the database
 * @param log         is told each step, one line at a time
 * @returns the names of the migrations that this call applied
 */
export async function migrate({
  databaseUrl,
  log = () => undefined,
}: {
  databaseUrl: string;
  log?: (line: string) => void;
}): Promise<string[]> {
  // Loaded here: ten megabytes that no app needs for its life.
  const { runner } = await import('node-pg-migrate');
  const applied = await runner({
    databaseUrl,
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
}
