import {
  CatalogUnavailable,
  connectCatalog,
  type PropertyCatalog,
  type RelayProgressReader,
} from '@porchlight/property-catalog';
import { CliError } from '../cli-error.ts';
import { databasePlaceOf } from '../database/database-place.ts';

/** What a command reads from the property database. */
export type CatalogPorts = PropertyCatalog & RelayProgressReader;

/** A person waits longer than a request does, and a region is a large question. */
const STATEMENT_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Reads the property database, and lets it go whatever happens.
 *
 * @throws {CliError} DATABASE_UNREACHABLE, DATABASE_URL_INVALID, and what the work throws
 */
export async function withCatalog<T>(databaseUrl: string, work: (catalog: CatalogPorts) => Promise<T>): Promise<T> {
  const place = databasePlaceOf(databaseUrl);
  const catalog = connectCatalog({
    databaseUrl,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });
  try {
    return await work(catalog);
  } catch (error) {
    if (!(error instanceof CatalogUnavailable)) throw error;
    throw new CliError(
      'DATABASE_UNREACHABLE',
      `${error.message} (${place}): is PostgreSQL running, migrated (npx porchlight database migrate), and DATABASE_URL right?`,
      error,
    );
  } finally {
    await catalog.close();
  }
}
