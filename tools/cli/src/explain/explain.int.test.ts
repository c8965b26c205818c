import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectEstimateCache, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import { randomBytes } from 'node:crypto';
import { serverAddress } from '../testing/dev-servers.ts';
import { runCommand } from '../testing/run-command.ts';

const keyGeneration = `x${randomBytes(6).toString('hex')}`;
const VALUE_USD = 7_654_321;
let database: TestDatabase;
let connection: EstimateCacheConnection;

beforeAll(async () => {
  database = await createTestDatabase(serverAddress('DATABASE_URL'));
  connection = await connectEstimateCache({ url: serverAddress('REDIS_URL'), config: { keyGeneration } });
  const writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  await writer.setRule({ mlsId: 'mls-1', activeLevel: 'registered', offMarketLevel: 'nobody' });
  const home = { latitude: 47.6, longitude: -122.3, status: 'active', mlsId: 'mls-1', overrideLevel: null } as const;
  await writer.loadProperties([[{ propertyId: 'p-1', ...home }]]);
  await writer.close();
});
afterAll(async () => {
  await connection.cache.invalidate([{ propertyId: 'p-1', visibilityVersion: 1_000 }]);
  await connection.close();
  await database.drop();
});

const explain = (...args: string[]) =>
  runCommand(['explain', ...args], {
    REDIS_URL: serverAddress('REDIS_URL'),
    DATABASE_URL: database.databaseUrl,
    CACHE_KEY_GENERATION: keyGeneration,
  });

test('a home that is not cached, then one that is: hidden from who may not see it, shown to who may', async () => {
  const before = JSON.parse((await explain('p-1', '--role', 'agent', '--json')).out) as Record<string, unknown>;
  expect(before).toMatchObject({ status: 'not-cached', cached: null, flight: null, facts: { visibilityVersion: 1 } });

  const [answer] = await connection.cache.acquire([{ propertyId: 'p-1', nonce: 'n-1' }], 'w');
  if (answer?.outcome !== 'win') throw new Error('nobody else asks');
  const facts = { ...(before['facts'] as object), checkedAt: Date.now() } as never;
  const estimate = { estimateVersion: 2, valueUsd: VALUE_USD, lowUsd: 1, highUsd: 9_999_999, computedAt: 1 };
  await connection.cache.fill([{ propertyId: 'p-1', class: 'w', ticket: answer.ticket, facts, estimate }]);

  const [hidden, shown] = [await explain('p-1'), await explain('p-1', '--role', 'registered', '--json')];
  expect([hidden.code, hidden.error, hidden.out.split('\n')[0]]).toEqual([
    0,
    '',
    'p-1 for a viewer who is unregistered: restricted (requiredRole registered)',
  ]);
  expect(hidden.out).not.toContain(String(VALUE_USD));
  expect(JSON.parse(shown.out)).toMatchObject({
    status: 'available',
    estimate: { valueUsd: VALUE_USD },
    cached: { writtenBy: 'a warm-up', estimateVersion: 2, isAsNewAsDatabase: true },
    rule: { ruleVersion: 1 },
  });
});

test('a text that is no id, and a role that is none, are refused', async () => {
  for (const args of [['a}b'], ['p-1', '--role', 'nobody']]) {
    const { code, out } = await explain(...args);
    expect([code, out]).toEqual([1, '']);
  }
});

test('a Redis that is away ends with its code, and without its password', async () => {
  const { code, out, error } = await explain('p-1', '--redis', 'redis://:secret@127.0.0.1:9');
  expect([code, out]).toEqual([69, '']);
  expect(error).toMatch(/^REDIS_UNREACHABLE: /);
  expect(error).not.toContain('secret');
});
