import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  createSchemaRegistry,
  createSerde,
  renamedTopic,
  schemas,
  topics,
  type WarmupCandidates,
} from '@porchlight/contracts';
import { connectEstimateCache, redisHomeInspector, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { connectCatalog, connectCatalogWriter } from '@porchlight/property-catalog';
import { createTestDatabase, type TestDatabase } from '@porchlight/property-catalog/testing';
import { createProgram } from '../commands.ts';
import { createProgress } from '../terminal/progress.ts';
import { ownName, serverAddress } from '../testing/dev-servers.ts';
import { KafkaFixture } from '../testing/kafka-fixture.ts';
import { scriptedTerminal, type ScriptedTerminal } from '../testing/scripted-terminal.ts';
import { withCandidateSender } from './candidate-sender.adapter.ts';
import { homesIn } from './find-homes.ts';
import { lookAtHomes } from './look-at-homes.ts';
import { planWarm } from './plan-warm.ts';
import { warmHomes } from './warm-homes.ts';

const keyGeneration = `x${randomBytes(6).toString('hex')}`;
const kafka = new KafkaFixture();
const registryUrl = serverAddress('SCHEMA_REGISTRY_URL');
const registry = createSchemaRegistry({ url: registryUrl });
const topic = renamedTopic(topics.warmupCandidates, ownName('warmup.candidates'));
const HOMES = 130;
const REGION = { west: -122.31, south: 47.59, east: -122.29, north: 47.61 };
const ids = Array.from({ length: HOMES }, (_, at) => `p-${at}`);
let database: TestDatabase;
let connection: EstimateCacheConnection;

beforeAll(async () => {
  await kafka.open();
  await kafka.topic(3, { name: topic.name });
  await registry.register(`${topic.name}-value`, schemas[topics.warmupCandidates.name] ?? {}, 'BACKWARD_TRANSITIVE');
  database = await createTestDatabase(serverAddress('DATABASE_URL'));
  connection = await connectEstimateCache({ url: serverAddress('REDIS_URL'), config: { keyGeneration } });
  const writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  const home = { latitude: 47.6, longitude: -122.3, status: 'active', mlsId: null, overrideLevel: null } as const;
  const elsewhere = { ...home, propertyId: 'p-elsewhere', longitude: -122.2 };
  await writer.loadProperties([[...ids.map((propertyId) => ({ ...home, propertyId })), elsewhere]]);
  await writer.setOverride('p-0', 'nobody');
  await writer.close();
});
afterAll(async () => {
  await connection.cache.invalidate(ids.map((propertyId) => ({ propertyId, visibilityVersion: 1_000 })));
  await connection.close();
  await database.drop();
  await kafka.close();
  await fetch(`${registryUrl}/subjects/${topic.name}-value`, { method: 'DELETE' });
});

/** In this process: seven of their own would take a busy machine a minute. */
async function warm(...args: string[]): Promise<ScriptedTerminal> {
  const terminal = scriptedTerminal();
  const places = {
    '--brokers': kafka.brokers.join(','),
    '--registry': registryUrl,
    '--redis': serverAddress('REDIS_URL'),
    '--database-url': database.databaseUrl,
    '--key-generation': keyGeneration,
  };
  await createProgram(terminal).parseAsync(['warm', ...args, ...Object.entries(places).flat()], { from: 'user' });
  return terminal;
}

test('without --yes says what it would cost, within the budget, and asks for nothing', async () => {
  const region = Object.values(REGION).join(',');
  const prices = ['--usd-per-call', '0.5', '--usd-per-item', '0.01'];
  const { printed } = await warm('--region', region, ...prices, '--json');
  expect(printed.map((text) => JSON.parse(text) as unknown)).toEqual([
    {
      cost: { homes: 129, calls: 2, items: 129, usd: 2.29 },
      leftOut: { cached: 0, hidden: 1, unknown: 0, away: 0, cut: 0 },
      done: null,
    },
  ]);
  const cut = await warm('--region', region, '--budget-items', '20');
  expect(cut.printed[0]).toContain('20 homes to warm: at most 1 paid call, 20 items, USD not known');
  expect(cut.printed[0]).toContain('109 left out, which do not fit into the budget');
});

test('what says no homes, a region without any, and dollars without prices are refused', async () => {
  const refusals: [string[], string, string][] = [
    [[], 'SELECTION_MISSING', 'one of --region, --zip and --file'],
    [['--region', '0,0,1,1'], 'REGION_INVALID', 'nobody lives'],
    [['--region', '0,0,1,1', '--budget-usd', '5'], 'SELECTION_MISSING', '--budget-usd needs the prices'],
    [['--zip', '98103'], 'SELECTION_MISSING', 'the database knows no ZIP codes'],
  ];
  for (const [args, code, message] of refusals)
    await expect(warm(...args)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

test('asks the pipeline by its own records, and sees in the cache what came and what did not', async () => {
  const catalog = connectCatalog({ databaseUrl: database.databaseUrl });
  const inspector = redisHomeInspector({ scripts: connection.scripts, keyGeneration });
  const homes = await homesIn(catalog, REGION);
  const known = await lookAtHomes({ inspector, catalog }, homes);
  await catalog.close();
  const plan = planWarm(homes, known, { usdPerCall: null, usdPerItem: null }, { itemsMax: null, usdMax: null });
  /** As the pipeline would: a ticket, then a fill; one home gets lost. */
  const fillAsAsked = async (records: readonly WarmupCandidates[]) => {
    for (const propertyId of records.flatMap(({ propertyIds }) => propertyIds).filter((id) => id !== 'p-9')) {
      const [answer] = await connection.cache.acquire([{ propertyId, nonce: `n-${propertyId}` }], 'w');
      const facts = known.facts.get(propertyId);
      if (answer?.outcome !== 'win' || facts === undefined) throw new Error('nobody else asks');
      const estimate = { estimateVersion: 1, valueUsd: 1, lowUsd: 1, highUsd: 1, computedAt: 1 };
      await connection.cache.fill([{ propertyId, class: 'w', ticket: answer.ticket, facts, estimate }]);
    }
  };
  let now = Date.now();
  const result = await withCandidateSender({ brokers: kafka.brokers, registryUrl, topic }, (sender) =>
    warmHomes(
      {
        sender: {
          async send(records) {
            await sender.send(records);
            await fillAsAsked(records);
          },
        },
        inspector,
        now: () => now,
        sleep: async (ms) => void (now += ms),
        runId: 'run',
      },
      plan,
      { recordsAtOnce: 4, deadlineMs: 10_000 },
      { progress: createProgress(scriptedTerminal(), 'warm', plan.cost.homes), stopped: new AbortController().signal },
    ),
  );
  expect(result).toEqual({ warmed: 128, left: ['p-9'], ended: 'all' });

  const serde = createSerde({ registry });
  const records: WarmupCandidates[] = [];
  for (const { value } of await kafka.recordsOf(topic.name))
    records.push(await serde.decode(topic, value ?? Buffer.alloc(0)));
  expect(records.flatMap(({ propertyIds }) => propertyIds).toSorted()).toEqual(
    ids.filter((id) => id !== 'p-0').toSorted(),
  );
  expect(records.map(({ strategy, chunk, deadlineAt, viewedAt }) => [strategy, chunk, deadlineAt - viewedAt])).toEqual([
    ['operator', 0, 10_000],
    ['operator', 1, 10_000],
  ]);
});
