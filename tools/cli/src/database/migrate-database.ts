import { CatalogUnavailable, DatabaseTooOld, migrate } from '@porchlight/property-catalog';
import { CliError } from '../cli-error.ts';
import { databasePlaceOf } from './database-place.ts';

export interface MigrateDatabaseOptions {
  /** A role that may create a schema in the database. */
  readonly databaseUrl: string;
}

export interface MigrationReport {
  /** The names of the migrations that this run applied, in order; none if the schema was up to date. */
  readonly applied: readonly string[];
}

/** A server's own refusals carry a code of five letters and digits. */
const SQL_STATE = /^[0-9A-Z]{5}$/;

function explain(error: unknown, place: string): unknown {
  if (error instanceof CatalogUnavailable)
    return new CliError(
      'DATABASE_UNREACHABLE',
      `${error.message} (${place}): is PostgreSQL running, and is DATABASE_URL right?`,
      error,
    );
  if (error instanceof DatabaseTooOld)
    return new CliError('DATABASE_TOO_OLD', `${error.message} (${place}): upgrade it, or name another server`, error);
  if (error instanceof Error && 'code' in error && SQL_STATE.test(String(error.code)))
    return new CliError(
      'DATABASE_REFUSED',
      `PostgreSQL at ${place} refuses: ${error.message} (${String(error.code)}); nothing was changed. The role must own the schema porchlight, or be allowed to create it: GRANT CREATE ON DATABASE`,
      error,
    );
  return error;
}

/**
 * Brings the schema `porchlight` of the property database up to date. A second time changes nothing, and several at once
 * wait for each other.
 *
 * @throws {CliError} DATABASE_URL_INVALID, DATABASE_UNREACHABLE, DATABASE_TOO_OLD, DATABASE_REFUSED; the messages never
 *   hold a user or a password
 */
export async function migrateDatabase({ databaseUrl }: MigrateDatabaseOptions): Promise<MigrationReport> {
  const place = databasePlaceOf(databaseUrl);
  try {
    return { applied: await migrate({ databaseUrl }) };
  } catch (error) {
    throw explain(error, place);
  }
}
