import type { TestDatabase } from './test-database.ts';

export interface HomesIn {
  readonly insertHome: (propertyId: string, status?: string) => Promise<unknown>;
  /** What was published under a key, `<type> <version>`, in order. */
  readonly outboxOf: (key: string) => Promise<string[]>;
  readonly versionOf: (propertyId: string) => Promise<number | undefined>;
}

/** Homes as the feed writes them, and what the database makes of them. @param database asked for at each call: it may be opened later */
export const homesIn = (database: () => TestDatabase): HomesIn => ({
  insertHome: (propertyId, status = 'active') =>
    database().query(
      'INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ($1, 47.6, -122.3, $2)',
      [propertyId, status],
    ),
  async outboxOf(key) {
    const rows = await database().query<{ type: string; version: number }>(
      `SELECT type, coalesce(payload->'visibilityVersion', payload->'ruleVersion')::int AS version
       FROM porchlight.outbox WHERE aggregateid = $1 ORDER BY id`,
      [key],
    );
    return rows.map(({ type, version }) => `${type} ${version}`);
  },
  async versionOf(propertyId) {
    const [row] = await database().query<{ version: number }>(
      'SELECT visibility_version::int AS version FROM porchlight.property WHERE property_id = $1',
      [propertyId],
    );
    return row?.version;
  },
});
