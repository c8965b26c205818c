import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectEstimateCache, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { connectCatalog, connectCatalogWriter } from '@porchlight/property-catalog';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import { serverAddress } from '../testing/dev-servers.ts';
import { runCommand } from '../testing/run-command.ts';

const keyGeneration = `x${randomBytes(6).toString('hex')}`;
const homes = ['p-old', 'p-new', 'p-empty'];
let database: TestDatabase;
let connection: EstimateCacheConnection;
let folder = '';

const store = async (propertyId: string) => {
  const [answer] = await connection.cache.acquire([{ propertyId, nonce: `n-${propertyId}` }], 'w');
  if (answer?.outcome !== 'win') throw new Error('nobody else asks');
  const facts = {
    visibilityVersion: 1,
    status: 'active',
    mlsId: null,
    overrideLevel: null,
    checkedAt: Date.now(),
  } as const;
  const estimate = { estimateVersion: 2, valueUsd: 1_000, lowUsd: 1, highUsd: 2_000, computedAt: 1 };
  await connection.cache.fill([{ propertyId, class: 'w', ticket: answer.ticket, facts, estimate }]);
};
const isCached = async () => (await connection.cache.read(homes)).map((value) => value !== null);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porchlight-cli-'));
  database = await createTestDatabase(serverAddress('DATABASE_URL'));
  connection = await connectEstimateCache({ url: serverAddress('REDIS_URL'), config: { keyGeneration } });
  const writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  const place = { latitude: 47.6, longitude: -122.3, status: 'active', mlsId: null, overrideLevel: null } as const;
  await writer.loadProperties([homes.map((propertyId) => ({ propertyId, ...place }))]);
  await store('p-old');
  await store('p-new');
  await writer.setOverride('p-old', 'nobody');
  await writer.close();
});
afterAll(async () => {
  await connection.cache.invalidate(homes.map((propertyId) => ({ propertyId, visibilityVersion: 1_000 })));
  await connection.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const invalidate = (...args: string[]) =>
  runCommand(['invalidate', ...args], {
    REDIS_URL: serverAddress('REDIS_URL'),
    DATABASE_URL: database.databaseUrl,
    CACHE_KEY_GENERATION: keyGeneration,
  });

test('says what would go, changes nothing for a dry run or where nobody says yes, then removes what is older', async () => {
  const dry = await invalidate(...homes, 'p-nobody', '--dry-run', '--json');
  const { planned, done } = JSON.parse(dry.out) as { planned: { effect: string }[]; done: unknown };
  expect([planned.map(({ effect }) => effect), done]).toEqual([['remove', 'keep', 'nothing', 'unknown'], null]);
  const refused = await invalidate(...homes);
  expect([refused.code, refused.error.slice(0, 10)]).toEqual([1, 'NEEDS_YES:']);
  expect(await isCached()).toEqual([true, true, false]);

  const file = join(folder, 'homes.txt');
  await writeFile(file, `# those that were reported\n${homes.join('\n')}\n`);
  const { code, out } = await invalidate('--file', file, '--yes', '--json');
  expect([code, (JSON.parse(out) as { done: unknown }).done]).toEqual([
    0,
    { removed: 1, already: 1, fenced: 0, absent: 1 },
  ]);
  expect(await isCached()).toEqual([false, true, false]);
});

test('said again it does nothing, and the home is refilled under the version of the database', async () => {
  const { code, out } = await invalidate('p-old', '--yes');
  expect([code, out.split('\n').at(-2)]).toEqual([
    0,
    'done: 0 values removed, 0 as new as the database, 1 flight fenced, 0 with nothing cached',
  ]);
  const catalog = connectCatalog({ databaseUrl: database.databaseUrl });
  const facts = (await catalog.factsOf(['p-old'])).get('p-old');
  await catalog.close();
  expect(facts?.visibilityVersion).toBe(2);
});

test('no home at all, a file that is not there and a line that is no id are refused', async () => {
  expect((await invalidate('--yes')).error).toMatch(/^HOMES_INVALID: /);
  expect((await invalidate('--file', join(folder, 'none'), '--yes')).error).toMatch(/^FILE_UNREADABLE: /);
  const file = join(folder, 'wrong.txt');
  await writeFile(file, 'p-new\nno id\n');
  expect((await invalidate('--file', file, '--yes')).error).toMatch(/^PROPERTY_ID_INVALID: line 2 of /);
  expect(await isCached()).toEqual([false, true, false]);
});
