import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSchemaRegistry, createSerde, topics } from '@porchlight/contracts';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import type { Bench, Figures, Say } from './bench.ts';
import { connectProducer, connectRedis } from './drivers.adapter.ts';
import { withBenchWorld, type BenchWorld } from './bench-world.ts';
import { startApiProcesses } from './herd/api-processes.ts';
import { fillByAsking } from './invalidate/ask-batch.ts';
import { homesOf, loadHomes, openHome, ruledHome } from './invalidate/homes.ts';
import { measureMarks } from './invalidate/marks-cost.ts';
import { measureRules, type RuleFigures } from './invalidate/measure-rules.ts';
import { startReadLoad } from './invalidate/read-load.ts';
import { VanishWatch } from './invalidate/vanish-watch.ts';
import { createDurations, rounded, type Durations } from './quantiles.ts';

/** Homes that are read all the while and never changed. */
const READ_HOMES = 5_000;
const WRITER_POOL = 8;
/** Changes of the first seconds are not measured: processes that have just started compile. */
const WARM_UP_SHARE = 0.1;

/** Does one change after the other at a steady rate, and measures each from its acknowledgement. @returns changes a second */
async function atRate(
  homes: readonly string[],
  ratePerS: number,
  measured: Durations,
  change: (home: string) => Promise<number>,
): Promise<number> {
  const startedAt = performance.now();
  const unmeasured = Math.floor(homes.length * WARM_UP_SHARE);
  const changes = homes.map(async (home, index) => {
    await delay((index * 1_000) / ratePerS);
    const tookMs = await change(home);
    if (index >= unmeasured) measured.record(tookMs);
  });
  await Promise.all(changes);
  return homes.length / ((performance.now() - startedAt) / 1_000);
}

const figuresOf = (name: string, durations: Durations): Record<string, number> => ({
  [`${name}P50Ms`]: rounded(durations.at(50)),
  [`${name}P99Ms`]: rounded(durations.at(99)),
  [`${name}P999Ms`]: rounded(durations.at(99.9)),
});

/** Sellers hide their homes in the database. */
async function measureCommits(
  { stack }: BenchWorld,
  watch: VanishWatch,
  { homes, ratePerS }: { homes: readonly string[]; ratePerS: number },
): Promise<Figures & { ratePerS: number }> {
  const writer = connectCatalogWriter({ databaseUrl: stack.databaseUrl, poolMax: WRITER_POOL });
  const times = createDurations();
  try {
    const reached = await atRate(homes, ratePerS, times, async (propertyId) => {
      await writer.setOverride(propertyId, 'nobody');
      const committedAt = performance.now();
      return (await watch.untilGone(propertyId)) - committedAt;
    });
    return { ...figuresOf('commit', times), ratePerS: rounded(reached) };
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
  const times = createDurations();
  try {
    const reached = await atRate(homes, ratePerS, times, async (propertyId) => {
      // a version that the database never reaches: the home is fenced, not lost, and this world ends with the bench
      const value = { propertyId, visibilityVersion: 1_000_000, level: 'nobody' as const, changedAt: Date.now() };
      const bytes = serde.encode(topics.sellerOverrideChanged, value);
      await producer.send(topics.sellerOverrideChanged.name, propertyId, bytes);
      const publishedAt = performance.now();
      return (await watch.untilGone(propertyId)) - publishedAt;
    });
    return { ...figuresOf('event', times), eventRatePerS: rounded(reached) };
  } finally {
    await producer.close();
  }
}

/** Changes one by one, while others read. */
async function measureChanges(
  world: BenchWorld,
  { changes, ratePerS, readsPerS }: { changes: number; ratePerS: number; readsPerS: number },
  { say, signal }: { say: Say; signal: AbortSignal },
): Promise<Figures> {
  const { apiUrl } = world.fleet;
  const reading = homesOf(openHome, READ_HOMES, 2 * changes);
  const [hidden, published] = [homesOf(openHome, changes), homesOf(openHome, changes, changes)];
  say(`filling the cache with ${(2 * changes + READ_HOMES).toLocaleString('en-US')} homes …`);
  await fillByAsking(apiUrl, [...hidden, ...published, ...reading], signal);
  const redis = connectRedis(world.stack.redisUrl);
  const watch = new VanishWatch(redis);
  const load = startReadLoad(apiUrl, reading, readsPerS);
  try {
    say(`${changes} sellers hide their homes, ${ratePerS} a second, ${readsPerS} maps a second are read meanwhile …`);
    const commits = await measureCommits(world, watch, { homes: hidden, ratePerS });
    say(`  ${JSON.stringify(commits)}`);
    say(`${changes} change events are published …`);
    const events = await measureEvents(world, watch, { homes: published, ratePerS });
    say(`  ${JSON.stringify(events)}`);
    return { ...commits, ...events };
  } finally {
    const { callsPerS, failed } = await load.stop();
    say(`  read meanwhile: ${rounded(callsPerS)} maps a second, ${failed} failed`);
    redis.disconnect();
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
  const { changes = 0, ratePerS = 1, readsPerS = 0, ruleChanges = 0, ruleHomes = 1, apis = 1 } = knobs;
  const each = await measureChanges(world, { changes, ratePerS, readsPerS }, io);
  const rules = await measureRulesEverywhere(world, { ruleChanges, ruleHomes, apis }, io);
  io.say(`  ${JSON.stringify(rules)}`);
  return { ...each, ...rules, changes };
}

export const invalidate: Bench = {
  name: 'invalidate',
  measures:
    'From a change committed in PostgreSQL (and from its event published) to the value unservable, under read load; one MLS rule over 100,000 homes; what marks cost.',
  knobs: {
    changes: { default: 10_000, what: 'homes that are hidden, once by the database and as many by event' },
    ratePerS: { default: 500, what: 'changes a second' },
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
