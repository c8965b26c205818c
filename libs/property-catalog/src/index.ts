export { migrate } from './adapters/pg/migrate.ts';
export { readSchemaState, type SchemaState } from './adapters/pg/schema-state.ts';
export { connectCatalog } from './adapters/pg/pg-catalog.ts';
export { connectCatalogWriter } from './adapters/pg/pg-writer.ts';
export { openOutbox, type OutboxOptions } from './adapters/pg/pg-outbox.ts';
export type { CatalogPoolOptions } from './adapters/pg/pool.ts';
export { CatalogUnavailable } from './catalog-unavailable.ts';
export { DatabaseTooOld, POSTGRES_MAJOR_MIN } from './database-too-old.ts';
export type { OutboxRow, OutboxSession } from './outbox.ts';
export type {
  CatalogWriter,
  LoadedProperty,
  MlsRule,
  PlacedProperty,
  PropertyCatalog,
  RelayProgress,
  RelayProgressReader,
  Tile,
} from './port.ts';
export { UnknownProperty } from './unknown-property.ts';
