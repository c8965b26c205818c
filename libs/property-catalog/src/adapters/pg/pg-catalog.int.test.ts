import { catalogConformance } from '../../testing/catalog-conformance.ts';
import { createTestDatabase } from '../../testing/test-database.ts';
import { connectCatalog } from './pg-catalog.ts';
import { connectCatalogWriter } from './pg-writer.ts';

catalogConformance('on PostgreSQL', async () => {
  const database = await createTestDatabase(process.env.DATABASE_URL);
  const { databaseUrl, query } = database;
  const [reader, writer] = [connectCatalog({ databaseUrl }), connectCatalogWriter({ databaseUrl })];
  let isDropped = false;
  const takeAway = async (): Promise<void> => {
    if (!isDropped) await database.drop();
    isDropped = true;
  };
  return {
    reader,
    writer,
    changes: async () => {
      const rows = await query<{ id: string; type: string; aggregateid: string; payload: unknown }>(
        'SELECT id, type, aggregateid, payload FROM porchlight.outbox ORDER BY id',
      );
      return rows.map(({ id, type, aggregateid, payload }) => ({
        id: Number(id),
        type,
        aggregateId: aggregateid,
        payload,
      }));
    },
    insert: async ({ propertyId, latitude, longitude, status, mlsId }) => {
      await query(
        'INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status, mls_id) VALUES ($1, $2, $3, $4, $5)',
        [propertyId, latitude, longitude, status, mlsId],
      );
    },
    now: async () => {
      const [row] = await query<{ now: string }>('SELECT porchlight.instant_of(clock_timestamp()) AS now');
      return Number(row?.now);
    },
    takeAway,
    close: async () => {
      await Promise.all([reader.close(), writer.close()]);
      await takeAway();
    },
  };
});
