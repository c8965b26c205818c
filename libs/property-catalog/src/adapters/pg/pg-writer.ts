import type pg from 'pg';
import type { CatalogWriter, LoadedProperty } from '../../port.ts';
import { UnknownProperty } from '../../unknown-property.ts';
import { openPool, type CatalogPool, type CatalogPoolOptions, type Statement } from './pool.ts';

const SET_STATUS: Statement = {
  name: 'set_status',
  text: 'UPDATE porchlight.property SET listing_status = $2 WHERE property_id = $1 RETURNING 1 AS found',
};
const SET_MLS: Statement = {
  name: 'set_mls',
  text: 'UPDATE porchlight.property SET mls_id = $2 WHERE property_id = $1 RETURNING 1 AS found',
};
const SET_DELETED: Statement = {
  name: 'set_deleted',
  text: 'UPDATE porchlight.property SET deleted = $2 WHERE property_id = $1 RETURNING 1 AS found',
};
/** An override of a home that is not there inserts nothing. */
const SET_OVERRIDE: Statement = {
  name: 'set_override',
  text: `
    INSERT INTO porchlight.seller_override (property_id, level)
    SELECT p.property_id, $2 FROM porchlight.property p WHERE p.property_id = $1
    ON CONFLICT (property_id) DO UPDATE SET level = excluded.level
    RETURNING 1 AS found`,
};
/** The home's row is locked first, as everywhere: two writers of one home wait for each other and do not deadlock. */
const LIFT_OVERRIDE: Statement = {
  name: 'lift_override',
  text: `
    WITH home AS (SELECT property_id FROM porchlight.property WHERE property_id = $1 FOR NO KEY UPDATE),
         lifted AS (DELETE FROM porchlight.seller_override o USING home WHERE o.property_id = home.property_id)
    SELECT 1 AS found FROM home`,
};
const SET_RULE: Statement = {
  name: 'set_rule',
  text: `
    INSERT INTO porchlight.mls_rule (mls_id, active_level, off_market_level) VALUES ($1, $2, $3)
    ON CONFLICT (mls_id) DO UPDATE SET active_level = excluded.active_level, off_market_level = excluded.off_market_level`,
};

/**
 * A chunk travels as one JSON text, which both sides read natively: twice as fast as arrays, whose text the driver
 * writes in JavaScript. Not COPY: it knows no ON CONFLICT, so a load that broke off could not be repeated.
 */
const LOAD_HOMES = `
  INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status, mls_id)
  SELECT home."propertyId", home.latitude, home.longitude, home.status, home."mlsId"
  FROM json_to_recordset($1::json) AS home
    ("propertyId" text, latitude double precision, longitude double precision, status text, "mlsId" text)
  ON CONFLICT (property_id) DO NOTHING`;

/** Only on homes that this transaction made: what a seller of an older home lifted since stays lifted. */
const LOAD_OVERRIDES = `
  INSERT INTO porchlight.seller_override (property_id, level)
  SELECT p.property_id, home."overrideLevel"
  FROM json_to_recordset($1::json) AS home ("propertyId" text, "overrideLevel" text)
  JOIN porchlight.property p ON p.property_id = home."propertyId"
  WHERE p.xmin = pg_current_xact_id()::xid`;

/** A load, and the clean-up behind it, may take longer than any statement of an app. */
const LOAD_TIMEOUT_MS = 120_000;

/** The write side on PostgreSQL; the triggers do the rest. */
export function connectCatalogWriter(options: CatalogPoolOptions): CatalogWriter & { close(): Promise<void> } {
  const pool = openPool(options);
  const change = async (statement: Statement, propertyId: string, value: unknown[]): Promise<void> => {
    const found = await pool.query(statement, [propertyId, ...value]);
    if (found.length === 0) throw new UnknownProperty(propertyId);
  };
  return {
    setStatus: (propertyId, status) => change(SET_STATUS, propertyId, [status]),
    setMls: (propertyId, mlsId) => change(SET_MLS, propertyId, [mlsId]),
    setDeleted: (propertyId, deleted) => change(SET_DELETED, propertyId, [deleted]),
    setOverride: (propertyId, level) =>
      level === null ? change(LIFT_OVERRIDE, propertyId, []) : change(SET_OVERRIDE, propertyId, [level]),
    async setRule({ mlsId, activeLevel, offMarketLevel }) {
      await pool.query(SET_RULE, [mlsId, activeLevel, offMarketLevel]);
    },
    async loadProperties(chunks) {
      const loader = openPool({ ...options, poolMax: 1, statementTimeoutMs: LOAD_TIMEOUT_MS });
      try {
        return { loaded: await loadAll(loader, chunks) };
      } finally {
        await loader.close();
      }
    },
    close: () => pool.close(),
  };
}

async function loadAll(
  pool: CatalogPool,
  chunks: Iterable<readonly LoadedProperty[]> | AsyncIterable<readonly LoadedProperty[]>,
): Promise<number> {
  let loaded = 0;
  for await (const chunk of chunks) {
    if (chunk.length > 0) loaded += await pool.transaction((client) => loadChunk(client, chunk));
  }
  // The index answers a tile alone only where the visibility map says that a page holds nothing newer.
  if (loaded > 0)
    await pool.query(
      { name: 'after_load', text: 'VACUUM (ANALYZE) porchlight.property, porchlight.seller_override' },
      [],
    );
  return loaded;
}

async function loadChunk(client: pg.PoolClient, chunk: readonly LoadedProperty[]): Promise<number> {
  // Flushed at each commit: VACUUM marks no page as visible to all while the commit that wrote it is not on disk.
  await client.query('SET LOCAL porchlight.bulk_load = on');
  const { rowCount } = await client.query(LOAD_HOMES, [JSON.stringify(chunk)]);
  const restricted = chunk.filter(({ overrideLevel }) => overrideLevel !== null);
  if (restricted.length > 0) await client.query(LOAD_OVERRIDES, [JSON.stringify(restricted)]);
  return rowCount ?? 0;
}
