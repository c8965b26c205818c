/**
 * PostgreSQL does not answer: down, overloaded, starting, not the primary, or not migrated yet. Retried: the same call
 * succeeds when it is back. The text never holds a query's values.
 */
export class CatalogUnavailable extends Error {
  override readonly name = 'CatalogUnavailable';
  readonly code = 'CATALOG_UNAVAILABLE';
  readonly fate = 'retry';

  constructor(reason: string, options?: { cause?: unknown }) {
    super(`the property database does not answer: ${reason}`, options);
  }
}
