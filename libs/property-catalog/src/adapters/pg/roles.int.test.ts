import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { tilesOf } from '@porchlight/geo';
import { createRoleDatabase, type RoleDatabase } from '../../testing/role-database.ts';
import { migrate } from './migrate.ts';
import { connectCatalog } from './pg-catalog.ts';
import { openOutbox } from './pg-outbox.ts';
import { connectCatalogWriter } from './pg-writer.ts';
import { readSchemaState } from './schema-state.ts';

const INSUFFICIENT_PRIVILEGE = { code: '42501' };
const viewport = { south: 47.6, west: -122.34, north: 47.61, east: -122.33 };
const tiles = tilesOf(viewport, 16);

let database: RoleDatabase;
const closings: (() => Promise<void>)[] = [];

const catalogOf = (role: string) => {
  const catalog = connectCatalog({ databaseUrl: database.urlOf(role), poolMax: 1, connectTimeoutMs: 5_000 });
  closings.push(() => catalog.close());
  return catalog;
};
const writerOf = (role: string) => {
  const writer = connectCatalogWriter({ databaseUrl: database.urlOf(role), poolMax: 1, connectTimeoutMs: 5_000 });
  closings.push(() => writer.close());
  return writer;
};
const outboxOf = async (role: string) => {
  const session = await openOutbox({ databaseUrl: database.urlOf(role), connectTimeoutMs: 5_000 });
  closings.push(() => session.close());
  return session;
};
const placesIn = async (role: string): Promise<string[]> =>
  [...(await catalogOf(role).homesInTiles(tiles, { perTileMax: 10 })).values()].flat().map((home) => home.propertyId);

beforeAll(async () => {
  database = await createRoleDatabase(process.env.DATABASE_URL);
  await database.query(
    'migrator',
    `INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status, mls_id)
     VALUES ('h', 47.605, -122.335, 'active', 'm')`,
  );
});
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});
afterAll(() => database.drop());

/** Every right that a role has on a table or sequence, or on a column of one: by its first letter, U for update. */
async function rightsOf(): Promise<Record<string, Record<string, string>>> {
  const rows = await database.asAdministrator<{ role: string; relation: string; rights: string }>(`
    SELECT grantee::regrole::text AS role, relname AS relation, string_agg(DISTINCT privilege_type, ' ') AS rights
    FROM (
      SELECT c.relname, c.relowner, a.* FROM pg_class c, aclexplode(c.relacl) a
      WHERE c.relnamespace = 'porchlight'::regnamespace
      UNION ALL
      SELECT c.relname || '.' || t.attname, c.relowner, a.*
      FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
      WHERE c.relnamespace = 'porchlight'::regnamespace
    ) AS granted
    WHERE grantee <> relowner GROUP BY 1, 2 ORDER BY 1, 2`);
  const found: Record<string, Record<string, string>> = {};
  for (const { role, relation, rights } of rows) {
    const name = role.replace(/^"?porchlight_test_[0-9a-f]+_|"$/g, '');
    found[name] = { ...found[name], [relation]: rights };
  }
  return found;
}

const columns = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [`property.${name}`, 'SELECT'] as const));
const FACTS = ['property_id', 'visibility_version', 'listing_status', 'mls_id', 'deleted'];
const PLACES = ['property_id', 'latitude', 'longitude', 'morton', 'deleted'];
const feed = { seller_override: 'SELECT', mls_rule: 'SELECT', relay_progress: 'SELECT' };

describe('what each role is granted', () => {
  const expected = {
    forecaster: columns(PLACES),
    request_filter: { ...columns(FACTS), seller_override: 'SELECT', mls_rule: 'SELECT' },
    invalidator: { ...columns(FACTS), ...feed },
    estimate_api: { ...columns(FACTS), ...columns(PLACES), ...feed },
    catalog_relay: {
      outbox: 'DELETE SELECT',
      outbox_dead: 'INSERT SELECT',
      relay_progress: 'INSERT SELECT UPDATE',
      outbox_bell: 'UPDATE',
    },
    catalog_writer: {
      property: 'INSERT SELECT UPDATE',
      mls_rule: 'INSERT SELECT UPDATE',
      seller_override: 'DELETE INSERT SELECT UPDATE',
    },
    operator: {
      ...feed,
      property: 'SELECT',
      outbox: 'SELECT',
      outbox_dead: 'SELECT',
      migration: 'SELECT',
    },
  };

  test('is exactly this, on each table, column and sequence, and everybody else has nothing', async () => {
    expect(await rightsOf()).toEqual(expected);
  });

  test('is the same after the files were run again, and what was granted beside them is gone', async () => {
    await database.query('migrator', `GRANT DELETE ON porchlight.property TO ${roleOf('forecaster')}`);
    await database.query('migrator', `GRANT UPDATE (level) ON porchlight.seller_override TO ${roleOf('invalidator')}`);
    await database.run('1-roles.sql');
    await database.run('2-grants.sql');
    expect(await rightsOf()).toEqual(expected);
  });

  test('no role is more than one that may log in, and only the writers of listings are a group', async () => {
    const rows = await database.asAdministrator<{ role: string }>(
      `SELECT rolname AS role FROM pg_roles WHERE starts_with(rolname, $1)
       AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls OR NOT rolcanlogin)`,
      [roleOf('')],
    );
    expect(rows.map(({ role }) => role)).toEqual([roleOf('catalog_writer')]);
  });
});

/** The shipped name, under the prefix of this test. */
const roleOf = (role: string): string => new URL(database.urlOf(role)).username;

describe('each app does what it does under its own role', () => {
  test('forecaster finds the homes of a tile', async () => {
    expect(await placesIn('forecaster')).toEqual(['h']);
  });

  test('request-filter reads facts and rules', async () => {
    const catalog = catalogOf('request_filter');
    expect((await catalog.factsOf(['h'])).get('h')).toMatchObject({ mlsId: 'm', status: 'active' });
    expect(Array.isArray((await catalog.mlsRules()).rules)).toBe(true);
  });

  test('invalidator reads facts, rules and how far the relay is', async () => {
    const catalog = catalogOf('invalidator');
    expect([...(await catalog.factsOf(['h'])).keys()]).toEqual(['h']);
    expect(Array.isArray((await catalog.mlsRules()).rules)).toBe(true);
    await expect(catalog.relayProgress()).resolves.not.toBeUndefined();
  });

  test('estimate-api reads facts, rules, the feed and the map', async () => {
    const catalog = catalogOf('estimate_api');
    expect([...(await catalog.factsOf(['h'])).keys()]).toEqual(['h']);
    expect(Array.isArray((await catalog.mlsRules()).rules)).toBe(true);
    await expect(catalog.relayProgress()).resolves.not.toBeUndefined();
    expect((await catalog.densityOf(viewport, 16)).map(({ count }) => count)).toEqual([1]);
    expect(await placesIn('estimate_api')).toEqual(['h']);
  });

  test('catalog-relay leads, reads, removes, buries and says how far it is', async () => {
    await database.query('migrator', `INSERT INTO porchlight.mls_rule VALUES ('a', 1, 'agent', 'agent')`);
    await database.query('migrator', `INSERT INTO porchlight.mls_rule VALUES ('b', 1, 'agent', 'agent')`);
    const outbox = await outboxOf('catalog_relay');
    expect(await outbox.lead()).toBe(true);
    const { rows } = await outbox.read(100);
    const [buried, ...removed] = rows.map(({ id }) => id).toReversed();
    await outbox.bury(buried ?? 0, 'for the test');
    await outbox.remove(removed);
    expect([removed.length > 0, (await outbox.read(100)).rows, await outbox.buried()]).toEqual([true, [], 1]);
    const publishedUntilAt = await outbox.clock();
    await outbox.writeProgress({ publishedUntilAt, partitions: { topic: 3 } });
    await outbox.writeProgress({ publishedUntilAt: publishedUntilAt + 1, partitions: { topic: 3 } });
    expect(await catalogOf('invalidator').relayProgress()).toMatchObject({ publishedUntilAt: publishedUntilAt + 1 });
    await outbox.changed(1);
  });

  test('an operator sees the schema as it is; the migrator has nothing left to do', async () => {
    const state = await readSchemaState({ databaseUrl: database.urlOf('operator') });
    expect([state.pending, state.unknown]).toEqual([[], []]);
    expect(await migrate({ databaseUrl: database.urlOf('migrator') })).toEqual([]);
  });

  test('a team that owns listings changes them, and each change is in the outbox by the database itself', async () => {
    await database.asAdministrator(`GRANT ${roleOf('catalog_writer')} TO ${roleOf('request_filter')}`);
    const writer = writerOf('request_filter');
    await writer.setStatus('h', 'off_market');
    await writer.setOverride('h', 'nobody');
    await writer.setOverride('h', null);
    await writer.setRule({ mlsId: 'c', activeLevel: 'verified', offMarketLevel: 'agent' });
    await database.asAdministrator(`REVOKE ${roleOf('catalog_writer')} FROM ${roleOf('request_filter')}`);
    const { rows } = await (await outboxOf('catalog_relay')).read(100);
    expect(rows.map(({ type }) => type)).toEqual([
      'ListingStatusChanged',
      'SellerOverrideChanged',
      'SellerOverrideChanged',
      'MlsRuleChanged',
    ]);
  });
});

describe('what is none of the business of an app is refused by the server', () => {
  const write = `UPDATE porchlight.seller_override SET level = 'unregistered'`;
  const forge = `INSERT INTO porchlight.outbox (aggregatetype, aggregateid, type, payload) VALUES ('x', 'x', 'x', '{}')`;
  const vouch = `INSERT INTO porchlight.relay_progress VALUES (true, now(), '{}')`;
  test.each([
    ['forecaster', 'reads who may see a home', 'SELECT listing_status FROM porchlight.property'],
    ['forecaster', 'reads overrides', 'SELECT * FROM porchlight.seller_override'],
    ['request_filter', 'reads how far the relay is', 'SELECT * FROM porchlight.relay_progress'],
    ['request_filter', 'reads where homes are', 'SELECT latitude FROM porchlight.property'],
    ['catalog_relay', 'reads homes', 'SELECT property_id FROM porchlight.property'],
    ['catalog_relay', 'writes what it then would publish', forge],
    ...['forecaster', 'request_filter', 'invalidator', 'estimate_api', 'operator', 'catalog_relay'].flatMap((role) => [
      [role, 'opens a home', write] as const,
      [role, 'changes a home', `UPDATE porchlight.property SET listing_status = 'active'`] as const,
      [role, 'changes a rule', `UPDATE porchlight.mls_rule SET active_level = 'unregistered'`] as const,
      [role, 'makes a table', 'CREATE TABLE porchlight.mine ()'] as const,
      [role, 'makes a schema', 'CREATE SCHEMA mine'] as const,
      [role, 'makes a temporary table', 'CREATE TEMPORARY TABLE mine ()'] as const,
    ]),
    ...['forecaster', 'request_filter', 'invalidator', 'estimate_api', 'operator'].flatMap((role) => [
      [role, 'takes changes out of the outbox', 'DELETE FROM porchlight.outbox'] as const,
      [role, 'forges a change', forge] as const,
      [role, 'vouches for the feed', vouch] as const,
      [role, 'stops the bell', `SELECT setval('porchlight.outbox_bell', 0)`] as const,
    ]),
    ['migrator', 'makes a role', 'CREATE ROLE porchlight_test_never'],
  ])('%s %s', async (role, _what, statement) => {
    await expect(database.query(role, statement)).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
  });

  test('the outbox is not opened by who may only read homes', async () => {
    await expect(catalogOf('forecaster').factsOf(['h'])).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
    const outbox = await outboxOf('estimate_api');
    await expect(outbox.read(1)).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
  });

  test('a role of another team on the same server does not get in at all', async () => {
    const stranger = `${roleOf('stranger')}`;
    await database.asAdministrator(
      `CREATE ROLE ${stranger} LOGIN PASSWORD '${new URL(database.urlOf('stranger')).password}'`,
    );
    await expect(database.query('stranger', 'SELECT 1')).rejects.toMatchObject(INSUFFICIENT_PRIVILEGE);
  });
});
