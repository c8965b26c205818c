import { join } from 'node:path';
import { createSchemaRegistry, createSerde, topics } from '@porchlight/contracts';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { startApiProcesses } from '@porchlight/run';
import type { Bench, Figures, Say } from './bench.ts';
import { connectListener, connectProducer, connectRedis } from './drivers.adapter.ts';
import { withBenchWorld, type BenchWorld } from './bench-world.ts';
import { fillByAsking } from './invalidate/ask-batch.ts';
import { changesAtRate } from './invalidate/changes-at-rate.ts';
import { homesOf, loadHomes, openHome, ruledHome } from './invalidate/homes.ts';
import { measureMarks } from './invalidate/marks-cost.ts';
import { measureRules, type RuleFigures } from './invalidate/measure-rules.ts';
import { withProcessorTime } from './invalidate/processor-time.ts';
import { startReadLoad } from './invalidate/read-load.ts';
import { VanishWatch } from './invalidate/vanish-watch.ts';
import { rounded } from './quantiles.ts';

/** Homes that are read all the while and never changed. */
const READ_HOMES = 5_000;
/** How long a change waits for a connection, and its statement for the database: longer than any backlog that is still worth a figure. */
const WRITER_PATIENCE_MS = 60_000;

/** Sellers hide their homes in the database, each in a transaction of its own. */
async function measureCommits(
  { stack }: BenchWorld,
  watch: VanishWatch,
  { homes, ratePerS, writers }: { homes: readonly string[]; ratePerS: number; writers: number },
): Promise<Figures> {
  const writer = connectCatalogWriter({
    databaseUrl: stack.databaseUrl,
    poolMax: writers,
    // The loop is open: what finds no connection waits, is never refused, and shows in what was meant.
    waitingMax: homes.length,
    connectTimeoutMs: WRITER_PATIENCE_MS,
    statementTimeoutMs: WRITER_PATIENCE_MS,
  });
  try {
    const change = (propertyId: string) => writer.setOverride(propertyId, 'nobody');
    return await changesAtRate('commit', { homes, ratePerS, watch, change });
  } finally {
    await writer.close();
  }
}

/** The same change as an event alone: from its acknowledgement by Kafka. */
async function measureEvents(
  { stack }: BenchWorld,
  watch: VanishWatch,
  { homes, ratePerS }: { homes: readonly string[]; ratePerS: number },
): Promise<Figures> {
  const serde = createSerde({ registry: createSchemaRegistry({ url: stack.schemaRegistryUrl }) });
  await serde.prepare([topics.sellerOverrideChanged]);
  const producer = await connectProducer(stack.kafkaBrokers);
  try {
    return await changesAtRate('event', {
      homes,
      ratePerS,
      watch,
      change(propertyId) {
        // a version that the database never reaches: the home is fenced, not lost, and this world ends with the bench
        const value = { propertyId, visibilityVersion: 1_000_000, level: 'nobody' as const, changedAt: Date.now() };
        const bytes = serde.encode(topics.sellerOverrideChanged, value);
        return producer.send(topics.sellerOverrideChanged.name, propertyId, bytes);
      },
    });
  } finally {
    await producer.close();
  }
}

/** Changes one by one, while others read. */
async function measureChanges(
  world: BenchWorld,
  { changes, ratePerS, readsPerS, writers }: { changes: number; ratePerS: number; readsPerS: number; writers: number },
  { say, signal }: { say: Say; signal: AbortSignal },
): Promise<Figures> {
  const { apiUrl } = world.fleet;
  const reading = homesOf(openHome, READ_HOMES, 2 * changes);
  const [hidden, published] = [homesOf(openHome, changes), homesOf(openHome, changes, changes)];
  say(`filling the cache with ${(2 * changes + READ_HOMES).toLocaleString('en-US')} homes …`);
  await fillByAsking(apiUrl, [...hidden, ...published, ...reading], signal);
  const connections = [connectRedis(world.stack.redisUrl), connectListener(world.stack.redisUrl)] as const;
  const watch = await VanishWatch.over(...connections);
  const load = startReadLoad(apiUrl, reading, readsPerS);
  try {
    say(
      `${changes} sellers hide their homes, ${ratePerS} a second over ${writers} connections, each home a transaction; ${readsPerS} maps a second are read meanwhile …`,
    );
    const commits = await withProcessorTime(world.fleet, changes, () =>
      measureCommits(world, watch, { homes: hidden, ratePerS, writers }),
    );
    say(`  ${JSON.stringify(commits)}`);
    say(`${changes} change events are published …`);
    const events = await measureEvents(world, watch, { homes: published, ratePerS });
    say(`  ${JSON.stringify(events)}`);
    return { ...commits, ...events, unheard: watch.unheard };
  } finally {
    const { callsPerS, failed } = await load.stop();
    say(`  read meanwhile: ${rounded(callsPerS)} maps a second, ${failed} failed`);
    watch.stop();
    for (const connection of connections) connection.disconnect();
  }
}

/** Other estimate-apis beside the fleet's: a rule must be obeyed in each of them. */
async function measureRulesEverywhere(
  { stack, fleet }: BenchWorld,
  { ruleChanges, ruleHomes, apis }: { ruleChanges: number; ruleHomes: number; apis: number },
  { say, signal }: { say: Say; signal: AbortSignal },
): Promise<RuleFigures> {
  const homes = homesOf(ruledHome, ruleHomes);
  say(`filling the cache with the ${ruleHomes.toLocaleString('en-US')} homes of one MLS …`);
  await fillByAsking(fleet.apiUrl, homes, signal);
  const others = await startApiProcesses({
    count: Math.max(0, apis - 1),
    folder: join(stack.folder, 'more-apis'),
    redisUrl: stack.redisUrl,
    databaseUrl: stack.databaseUrl,
    upstreamUrl: fleet.simulatorUrl,
    upstreamApiKey: fleet.upstreamApiKey,
  });
  const redis = connectRedis(stack.redisUrl);
  try {
    say(`its rule turns stricter ${ruleChanges} times, before ${apis} estimate-apis …`);
    const apiUrls = [fleet.apiUrl, ...others.urls];
    return await measureRules({ apiUrls, databaseUrl: stack.databaseUrl, fleet, redis }, homes, ruleChanges);
  } finally {
    redis.disconnect();
    await others.stop();
  }
}

async function measure(
  world: BenchWorld,
  knobs: Readonly<Record<string, number>>,
  io: { say: Say; signal: AbortSignal },
): Promise<Figures> {
  const { changes = 0, ratePerS = 1, writers = 1, readsPerS = 0, ruleChanges = 0, ruleHomes = 1, apis = 1 } = knobs;
  const each = await measureChanges(world, { changes, ratePerS, readsPerS, writers }, io);
  const rules = await measureRulesEverywhere(world, { ruleChanges, ruleHomes, apis }, io);
  io.say(`  ${JSON.stringify(rules)}`);
  return { ...each, ...rules, changes, writers, askedPerS: ratePerS, ratePerS: each['commitRatePerS'] };
}

export const invalidate: Bench = {
  name: 'invalidate',
  measures:
    'From a change committed in PostgreSQL (and from its event published) to the value unservable, under read load; one MLS rule over 100,000 homes; what marks cost.',
  knobs: {
    changes: { default: 10_000, what: 'homes that are hidden, once by the database and as many by event' },
    ratePerS: { default: 500, what: 'changes a second' },
    writers: { default: 16, what: 'connections to the database that make them: a city has many writers' },
    readsPerS: { default: 20, what: 'maps of 100 homes that are read a second meanwhile' },
    ruleChanges: { default: 20, what: 'times that one MLS rule turns stricter' },
    ruleHomes: { default: 100_000, what: 'homes under that rule, all of them cached' },
    apis: { default: 3, what: 'estimate-apis that must obey it' },
    markSeconds: { default: 10, what: 'how long the cost of marks is looked at; 0: not at all' },
    markInvalidators: { default: 8, what: 'invalidators that write marks for it' },
    markApis: { default: 20, what: 'estimate-apis that read marks for it' },
  },
  async run(knobs, say, signal) {
    const { changes = 0, ruleHomes = 0, markSeconds = 0, markInvalidators = 0, markApis = 0 } = knobs;
    const counts = { ruled: ruleHomes, open: 2 * changes + READ_HOMES };
    const figures = await withBenchWorld(
      {
        homes: counts.ruled + counts.open,
        seed: 1,
        say,
        signal,
        load: (addresses) => loadHomes(addresses, counts),
        fleet: { apps: ['estimate-api', 'invalidator', 'catalog-relay'] },
      },
      (world) => measure(world, knobs, { say, signal }),
    );
    if (markSeconds === 0) return figures;
    say('what marks cost, on a Redis of their own …');
    const parties = { invalidators: markInvalidators, apis: markApis, seconds: markSeconds };
    return { ...figures, ...(await measureMarks(parties, { say, signal })) };
  },
};
