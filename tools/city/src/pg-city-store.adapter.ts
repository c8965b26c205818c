import pg from 'pg';
import type { CityStore } from './city-stamp.ts';

/** Our own schema: the catalogue's is not ours to add to. */
const SCHEMA = `
  CREATE SCHEMA IF NOT EXISTS city;
  CREATE TABLE IF NOT EXISTS city.loaded (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    homes bigint NOT NULL,
    seed bigint NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`;

/** A home keeps its row, its id and its version: another city's homes are marked as gone, in steps that lock briefly. */
const STEP_HOMES = 5_000;
const changeDeleted = (deleted: boolean, which: string): string => `
  UPDATE porchlight.property SET deleted = ${deleted}
  WHERE property_id IN (
    SELECT property_id FROM porchlight.property WHERE deleted = ${!deleted} AND ${which} LIMIT ${STEP_HOMES}
  )`;
const RETIRE = changeDeleted(true, `property_id LIKE 'kc-%' AND NOT starts_with(property_id, $1)`);
const REVIVE = changeDeleted(false, `starts_with(property_id, $1)`);

/** @param databaseUrl a role that may create a schema; the catalogue's schema is there already */
export async function connectCityStore(databaseUrl: string): Promise<CityStore> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'city' });
  await client.connect();
  await client.query(SCHEMA);
  const untilNone = async (statement: string, idPrefix: string): Promise<number> => {
    let changed = 0;
    for (let step = -1; step !== 0; changed += step) step = (await client.query(statement, [idPrefix])).rowCount ?? 0;
    return changed;
  };
  return {
    async readStamp() {
      const { rows } = await client.query<{ homes: string; seed: string }>('SELECT homes, seed FROM city.loaded');
      const [row] = rows;
      return row === undefined ? null : { homes: Number(row.homes), seed: Number(row.seed) };
    },
    async writeStamp(stamp) {
      await client.query('DELETE FROM city.loaded');
      if (stamp === null) return;
      await client.query('INSERT INTO city.loaded (homes, seed) VALUES ($1, $2)', [stamp.homes, stamp.seed]);
    },
    showOnly: async (idPrefix) => ({
      retired: await untilNone(RETIRE, idPrefix),
      revived: await untilNone(REVIVE, idPrefix),
    }),
    close: () => client.end(),
  };
}
