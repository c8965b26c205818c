import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mortonOf } from '@porchlight/geo';
import fc from 'fast-check';
import { homesIn } from '../../testing/homes-in.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';

let database: TestDatabase;
const { insertHome } = homesIn(() => database);

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
});
afterAll(async () => {
  await database.drop();
});

test('the database computes the same Morton codes as @porchlight/geo, at the edges of the map too', async () => {
  const coordinate = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
  const point = fc.record({ latitude: coordinate(85.0511), longitude: coordinate(180) });
  const edges = [-85.0511, 0, 85.0511].flatMap((latitude) =>
    [-180, 0, 180].map((longitude) => ({ latitude, longitude })),
  );
  const points = [...edges, ...fc.sample(point, { numRuns: 20_000, seed: 1 })];
  const rows = await database.query<{ morton: string }>(
    `SELECT porchlight.morton_of(latitude, longitude)::text AS morton
     FROM unnest($1::double precision[], $2::double precision[]) WITH ORDINALITY AS p (latitude, longitude, place) ORDER BY place`,
    [points.map(({ latitude }) => latitude), points.map(({ longitude }) => longitude)],
  );
  const different = points.filter((each, index) => String(mortonOf(each)) !== rows[index]?.morton);
  expect([rows.length, different]).toEqual([20_009, []]);
});

test.each([
  ['latitude', [85.06, 0]],
  ['latitude', ['NaN', 0]],
  ['latitude', [90, 0]],
  ['longitude', [0, 180.1]],
  ['longitude', [0, '-Infinity']],
])('a %s off the map is refused: %j', async (_, [latitude, longitude]) => {
  const insert = database.query(
    `INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('off', $1, $2, 'active')`,
    [latitude, longitude],
  );
  await expect(insert).rejects.toThrow();
});

test.each(['', 'a b', 'a'.repeat(65), 'é', 'a\n'])('an id that is none is refused: %j', async (id) => {
  await expect(insertHome(id)).rejects.toThrow('identifier_check');
});
