import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { homesIn } from '../../testing/homes-in.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';

let database: TestDatabase;
const { insertHome, outboxOf, versionOf } = homesIn(() => database);

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
});
afterAll(async () => {
  await database.drop();
});

test('leaves out only what is new: a change to a home that was there is published all the same', async () => {
  await insertHome('old');
  const session = await database.session();
  await session.query(`
    BEGIN; SET LOCAL porchlight.bulk_load = on;
    UPDATE porchlight.property SET listing_status = 'off_market' WHERE property_id = 'old'; COMMIT;
    BEGIN; SET LOCAL porchlight.bulk_load = on;
    INSERT INTO porchlight.seller_override VALUES ('old', 'nobody');
    INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('fresh', 1, 1, 'active');
    INSERT INTO porchlight.seller_override VALUES ('fresh', 'nobody'); COMMIT`);
  expect(await outboxOf('old')).toEqual([
    'ListingStatusChanged 1',
    'ListingStatusChanged 2',
    'SellerOverrideChanged 3',
  ]);
  expect([await outboxOf('fresh'), await versionOf('fresh')]).toEqual([[], 2]);
  await session.query(`UPDATE porchlight.property SET mls_id = 'm' WHERE property_id = 'fresh'`);
  expect(await outboxOf('fresh')).toEqual(['ListingStatusChanged 3']);
});

test.each([
  ['moved', `UPDATE porchlight.property SET latitude = latitude + 0.0001 WHERE property_id = 'moved'`],
  ['touched', `UPDATE porchlight.property SET is_new = true WHERE property_id = 'touched'`],
  [
    'offered',
    `INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('offered', 1, 1, 'active')
     ON CONFLICT (property_id) DO UPDATE SET latitude = excluded.latitude, is_new = excluded.is_new`,
  ],
])('an override on an old home is published, although this transaction wrote its row: %s', async (id, write) => {
  await insertHome(id);
  const session = await database.session();
  await session.query(
    `BEGIN; SET LOCAL porchlight.bulk_load = on; ${write}; INSERT INTO porchlight.seller_override VALUES ('${id}', 'nobody'); COMMIT`,
  );
  expect(await outboxOf(id)).toEqual(['ListingStatusChanged 1', 'SellerOverrideChanged 2']);
});

test('a home that this transaction made, and moved, is still new to everybody', async () => {
  const session = await database.session();
  await session.query(`
    BEGIN; SET LOCAL porchlight.bulk_load = on;
    INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('placed', 1, 1, 'active');
    UPDATE porchlight.property SET latitude = 2 WHERE property_id = 'placed';
    INSERT INTO porchlight.seller_override VALUES ('placed', 'nobody'); COMMIT`);
  expect([await outboxOf('placed'), await versionOf('placed')]).toEqual([[], 2]);
});
