export { memoryCatalog, type MemoryCatalog } from '../adapters/memory/memory-catalog.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
export { startOldPostgres, type OldPostgres } from './old-postgres.ts';
