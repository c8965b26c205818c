import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Estimate } from '@porchlight/contracts';
import { connectEstimateCache, keysOf, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { connectCatalog, connectCatalogWriter } from '@porchlight/property-catalog';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import { addressFrom, uniqueName } from '@porchlight/stream-app/testing';
import { ManualClock } from '@porchlight/stream';
import { Redis } from 'ioredis';
import { ConsistencySampler } from './sampler.ts';

const keyGeneration = uniqueName('t')
  .toLowerCase()
  .replaceAll(/[^a-z0-9]/g, '')
  .slice(0, 16);
const propertyId = 'sampled-1';
const estimate: Estimate = { estimateVersion: 3, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 };

let database: TestDatabase;
let connection: EstimateCacheConnection;
let redis: Redis;
let catalog: ReturnType<typeof connectCatalog>;
let writer: ReturnType<typeof connectCatalogWriter>;

beforeAll(async () => {
  database = await createTestDatabase(process.env['DATABASE_URL']);
  connection = await connectEstimateCache({ url: addressFrom('REDIS_URL'), config: { keyGeneration } });
  redis = new Redis(addressFrom('REDIS_URL'));
  catalog = connectCatalog({ databaseUrl: database.databaseUrl, poolMax: 1 });
  writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  const home = {
    propertyId,
    latitude: 47,
    longitude: -122,
    status: 'active',
    mlsId: null,
    overrideLevel: null,
  } as const;
  await writer.loadProperties([[home]]);
});
afterAll(async () => {
  const { value, flight } = keysOf(propertyId, keyGeneration);
  await redis?.del(value, flight);
  redis?.disconnect();
  await Promise.all([connection?.close(), catalog?.close(), writer?.close()]);
  await database?.drop();
});

const currentFacts = async () => {
  const facts = (await catalog.factsOf([propertyId])).get(propertyId);
  if (facts === undefined) throw new Error('the home is in the database');
  return facts;
};

test('a value that somebody puts back by hand after its invalidation is counted, in the age at which it is found', async () => {
  const { cache } = connection;
  const [won] = await cache.acquire([{ propertyId, nonce: 'n1' }], 's');
  if (won?.outcome !== 'win') throw new Error('nobody else asks for this home');
  await cache.fill([{ propertyId, class: 's', ticket: won.ticket, facts: await currentFacts(), estimate }]);
  const before = await redis.getBuffer(keysOf(propertyId, keyGeneration).value);

  await writer.setOverride(propertyId, 'nobody');
  const { visibilityVersion: version } = await currentFacts();
  const [outcome = 'absent'] = await cache.invalidate([{ propertyId, visibilityVersion: version }]);

  const clock = new ManualClock();
  const told: string[] = [];
  const sampler = new ConsistencySampler({
    cache,
    catalog,
    clock,
    random: Math.random,
    report: {
      sampled: (age, look) => void told.push(`${age} ${look}`),
      inconsistent: (age, kind) => void told.push(`${age} ${kind}`),
    },
  });
  sampler.note({ topic: 'visibility.seller-override-changed', propertyId, half: 'facts', version, outcome });
  await sampler.round();
  await clock.advance(1_000);
  await sampler.round();
  expect(told).toEqual(['1s absent']);

  await redis.set(keysOf(propertyId, keyGeneration).value, before ?? '', 'PX', 60_000);
  await clock.advance(9_000);
  await sampler.round();
  expect(told).toEqual(['1s absent', '10s inconsistent', '10s below_fence']);
});
