import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mortonRangeOf, tileAt, tilesOf } from '@porchlight/geo';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { connectCatalog } from './pg-catalog.ts';
import type { Statement } from './pool.ts';
import { COUNT_IN_RANGES, FACTS, HOMES_IN_RANGES } from './statements.ts';

/** A thousand by a thousand homes: about 950 in a tile of zoom 15, as where King County is densest. */
const HOMES = 1_000_000;
const WEST_SOUTH = { latitude: 47.4, longitude: -122.4 };
const STEP = { latitude: 0.00024, longitude: 0.000357 };

let database: TestDatabase;
let session: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
  session = new pg.Client(database.databaseUrl);
  await session.connect();
  await session.query(`
    BEGIN;
    SET LOCAL porchlight.bulk_load = on;
    SET LOCAL synchronous_commit = off;
    INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status, mls_id)
    SELECT 'home-' || n, ${WEST_SOUTH.latitude} + (n / 1000) * ${STEP.latitude},
           ${WEST_SOUTH.longitude} + (n % 1000) * ${STEP.longitude},
           CASE WHEN n % 50 = 0 THEN 'active' ELSE 'off_market' END, 'mls-' || n % 20
    FROM generate_series(0, ${HOMES - 1}) AS n;
    INSERT INTO porchlight.seller_override
    SELECT 'home-' || n, 'nobody' FROM generate_series(0, ${HOMES - 1}, 50) AS n;
    COMMIT`);
  await session.query('VACUUM (ANALYZE) porchlight.property, porchlight.seller_override');
}, 120_000);

afterAll(async () => {
  await session.end();
  await database.drop();
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Heap Fetches'?: number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** How each table was read when the statement ran as the pool runs it: by name, with a generic plan. */
async function readsOf({ name, text }: Statement, literals: string[]): Promise<string[]> {
  await session.query(`SET plan_cache_mode = force_generic_plan; PREPARE ${name} AS ${text}`);
  const { rows } = await session.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE ${name} (${literals.join(', ')})`,
  );
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  return nodesOf(plan as PlanNode)
    .filter((node) => node['Relation Name'] !== undefined)
    .map(
      (node) => `${node['Node Type']} of ${node['Relation Name']}, heap fetches ${node['Heap Fetches'] ?? 'always'}`,
    );
}

const arrayOf = (values: readonly unknown[]) => `'{${values.join(',')}}'`;
const rangesOf = (tiles: ReturnType<typeof tilesOf>) => {
  const ranges = tiles.map((tile) => mortonRangeOf(tile));
  return [arrayOf(ranges.map(({ from }) => from)), arrayOf(ranges.map(({ to }) => to))];
};

const middle = { latitude: 47.52, longitude: -122.22 };
const viewport = { west: -122.24, south: 47.51, east: -122.2, north: 47.53 };

test('with a million homes, facts of 500 are read by the indexes alone', async () => {
  const ids = Array.from({ length: 500 }, (_, n) => `home-${n * 1_999}`);
  expect(await readsOf(FACTS, [arrayOf(ids)])).toEqual([
    'Index Scan of property, heap fetches always',
    'Index Scan of seller_override, heap fetches always',
  ]);
});

test('with a million homes, the homes of tiles are read from the index and nowhere else', async () => {
  const tiles = tilesOf(viewport, 16);
  expect(await readsOf(HOMES_IN_RANGES, [...rangesOf(tiles), '500'])).toEqual([
    'Index Only Scan of property, heap fetches 0',
  ]);
});

test('with a million homes, the density of a viewport is counted in the index and nowhere else', async () => {
  const tiles = tilesOf(viewport, 17);
  expect(await readsOf(COUNT_IN_RANGES, rangesOf(tiles))).toEqual(['Index Only Scan of property, heap fetches 0']);
});

test('a guard that must refuse: a statement that reads a whole table is seen as such', async () => {
  const whole = { name: 'whole', text: 'SELECT count(*) FROM porchlight.property WHERE mls_id = $1' };
  const reads = await readsOf(whole, [`'none'`]);
  expect(reads.some((read) => /^(Parallel )?Seq Scan/.test(read))).toBe(true);
});

test('a dense tile gives the lowest ids up to the limit, and its count gives all of them', async () => {
  const catalog = connectCatalog({ databaseUrl: database.databaseUrl });
  const tile = tileAt(middle, 15);
  const { from, to } = mortonRangeOf(tile);
  const expected = await database.query<{ id: string }>(
    'SELECT property_id AS id FROM porchlight.property WHERE morton >= $1 AND morton < $2 ORDER BY property_id',
    [String(from), String(to)],
  );
  const homes = [...(await catalog.homesInTiles([tile], { perTileMax: 500 })).values()];
  expect(homes.map((list) => list.map(({ propertyId }) => propertyId))).toEqual([
    expected.slice(0, 500).map(({ id }) => id),
  ]);
  const density = await catalog.densityOf(
    { west: middle.longitude, east: middle.longitude + 1e-6, south: middle.latitude, north: middle.latitude + 1e-6 },
    15,
  );
  expect(density).toEqual([{ tile, count: expected.length }]);
  expect(expected.length).toBeGreaterThan(900);
  await catalog.close();
});
