import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectCatalog, migrate } from '@porchlight/property-catalog';
import { createSimulator, type Simulator } from '@porchlight/upstream-simulator';
import pg from 'pg';
import { applyLifeEvent } from './apply-life-event.ts';
import { generateCity } from './generate-city.ts';
import { loadCity } from './load-city.ts';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { connectSimulatorAdmin } from './simulator-admin.ts';

const serverUrl = process.env['DATABASE_URL'];
if (serverUrl === undefined) throw new Error('integration tests need DATABASE_URL; npm test sets it');
const database = `city_${randomBytes(5).toString('hex')}`;
const databaseUrl = new URL(`/${database}`, serverUrl).href;

const CITY = { homes: 2_000, seed: 3 };
const city = generateCity(CITY);
let admin: pg.Client;
let simulator: Simulator;
let catalog: ReturnType<typeof connectCatalog>;

beforeAll(async () => {
  admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  await migrate({ databaseUrl });
  simulator = await createSimulator({ apiKey: 'key', latency: { kind: 'fixed', latencyMs: 0 } });
  catalog = connectCatalog({ databaseUrl });
});
afterAll(async () => {
  await catalog?.close();
  await simulator?.close();
  await admin?.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  await admin?.end();
});

const load = (options: { homes: number; seed: number }) =>
  loadCity({ databaseUrl, simulatorUrl: simulator.url, ...options });

test('the database then holds each home’s facts and place, and upstream its value', async () => {
  expect(await load(CITY)).toMatchObject({ alreadyLoaded: false, homesLoaded: 2_000, retired: 0 });
  const homes = [...city].slice(0, 300);
  const facts = await catalog.factsOf(homes.map(({ propertyId }) => propertyId));
  expect(
    homes
      .map(({ propertyId }) => facts.get(propertyId))
      .map((each) => [each?.status, each?.mlsId, each?.overrideLevel]),
  ).toEqual(homes.map(({ status, mlsId, overrideLevel }) => [status, mlsId, overrideLevel]));
  expect(homes.map(({ propertyId }) => simulator.estimateOf(propertyId)?.valueUsd ?? null)).toEqual(
    homes.map(({ valueUsd }) => valueUsd),
  );
  const { rules } = await catalog.mlsRules();
  expect(rules.map(({ mlsId }) => mlsId).sort()).toEqual(city.rules.map(({ mlsId }) => mlsId).sort());
});

test('the second time nothing is done', async () => {
  expect(await load(CITY)).toMatchObject({ alreadyLoaded: true });
});

test('another city takes its place on the map, and coming back brings the first one back', async () => {
  const onMap = async (homes: Iterable<{ propertyId: string }>) => {
    const facts = await catalog.factsOf(Array.from(homes, ({ propertyId }) => propertyId));
    return [...facts.values()].filter(({ overrideLevel }) => overrideLevel !== 'nobody').length;
  };
  const other = generateCity({ homes: 1_000, seed: 3 });
  const hidden = [...city].filter(({ overrideLevel }) => overrideLevel === 'nobody').length;
  expect(await load({ homes: 1_000, seed: 3 })).toMatchObject({ homesLoaded: 1_000, retired: 2_000 });
  expect(await onMap(city)).toBe(0);
  expect(await onMap(other)).toBeGreaterThan(980);
  await load(CITY);
  expect(await onMap(city)).toBe(2_000 - hidden);
});

test('an event changes the facts in the database, or the value upstream before it is published', async () => {
  const writer = connectCatalogWriter({ databaseUrl });
  const published: (number | undefined)[] = [];
  const home = [...city].find(({ status, valueUsd }) => status === 'active' && valueUsd !== null);
  const propertyId = home?.propertyId ?? '';
  await applyLifeEvent(
    { kind: 'sales', propertyId },
    {
      writer,
      simulator: connectSimulatorAdmin(simulator.url),
      publish: async ({ estimateVersion }) => {
        expect(simulator.estimateOf(propertyId)?.estimateVersion).toBe(estimateVersion);
        published.push(estimateVersion);
      },
    },
  );
  await writer.close();
  expect((await catalog.factsOf([propertyId])).get(propertyId)?.status).toBe('off_market');
  expect(published).toEqual([2]);
});
