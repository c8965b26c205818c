import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mortonRangeOf, tilesOf } from '@porchlight/geo';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { HOMES_IN_RANGES } from './statements.ts';

/*
 * A city of the size that `npm start` loads, homes' ids scattered over the map, before its first VACUUM. On such a city the planner was
 * seen to walk the primary key in order of id until the limit was met, throwing away every home outside the tile.
 */

const HOMES = 120_000;
const ACROSS = 350;

let database: TestDatabase;
let session: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
  session = new pg.Client(database.databaseUrl);
  await session.connect();
  await session.query(`
    BEGIN;
    SET LOCAL porchlight.bulk_load = on;
    INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status, mls_id)
    SELECT 'home-' || md5(n::text), 47.5 + (n / ${ACROSS}) * 0.0003, -122.4 + (n % ${ACROSS}) * 0.0004, 'off_market', NULL
    FROM generate_series(0, ${HOMES - 1}) AS n;
    COMMIT`);
  await session.query('ANALYZE porchlight.property');
}, 120_000);

afterAll(async () => {
  await session.end();
  await database.drop();
});

interface PlanNode {
  readonly 'Index Name'?: string;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

test.each([{ limit: 100 }, { limit: 500 }, { limit: 2_000 }])(
  'the homes of tiles of a city are read by their place, whatever the limit ($limit), and none is thrown away',
  async ({ limit }) => {
    const ranges = tilesOf({ west: -122.35, south: 47.53, east: -122.32, north: 47.55 }, 16).map((tile) =>
      mortonRangeOf(tile),
    );
    const lows = `'{${ranges.map(({ from }) => from).join(',')}}'`;
    const highs = `'{${ranges.map(({ to }) => to).join(',')}}'`;
    const name = `homes_${limit}`;
    await session.query(`SET plan_cache_mode = force_generic_plan; PREPARE ${name} AS ${HOMES_IN_RANGES.text}`);
    const { rows } = await session.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE ${name} (${lows}, ${highs}, ${limit})`,
    );
    const nodes = nodesOf(rows[0]?.['QUERY PLAN'][0].Plan as PlanNode);
    expect(nodes.flatMap((node) => node['Index Name'] ?? [])).toEqual(['property_places']);
    expect(nodes.reduce((sum, node) => sum + (node['Rows Removed by Filter'] ?? 0), 0)).toBe(0);
  },
);
