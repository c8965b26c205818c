import { setTimeout as delay } from 'node:timers/promises';
import { generateCity, type City } from '@porchlight/city';
import { createSchemaRegistry, createSerde, topics } from '@porchlight/contracts';
import { keysOf } from '@porchlight/estimate-cache';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import type { Bench, Figures, Say } from './bench.ts';
import { connectProducer, connectRedis } from './drivers.adapter.ts';
import { withBenchWorld, type BenchWorld } from './bench-world.ts';
import { createDurations, rounded, type Durations } from './quantiles.ts';

const SEED = 1;
const HOMES = 20_000;
const BATCH_MAX = 500;
const KEY_GENERATION = 'e1';
const LIMIT_MS = 30_000;
const POLL_MS = 1;
const RULE_POLL_MS = 5;

type Drivers = {
  readonly redis: ReturnType<typeof connectRedis>;
  readonly producer: Awaited<ReturnType<typeof connectProducer>>;
};

/** Homes that everybody may see and that have an estimate. */
function openHomes(city: City, wanted: number): string[] {
  const open = new Set(city.rules.filter((rule) => rule.offMarketLevel === 'unregistered').map(({ mlsId }) => mlsId));
  const homes = [...city].filter(
    ({ status, overrideLevel, valueUsd, mlsId }) =>
      status === 'off_market' && !overrideLevel && valueUsd !== null && open.has(mlsId ?? ''),
  );
  return homes.slice(0, wanted).map(({ propertyId }) => propertyId);
}

async function batchGet(
  apiUrl: string,
  propertyIds: readonly string[],
): Promise<{ pending: number; results: { status: string }[] }> {
  const response = await fetch(`${apiUrl}/v1/estimates:batchGet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ propertyIds, deadlineMs: 5_000 }),
  });
  return (await response.json()) as { pending: number; results: { status: string }[] };
}

/** Fills the cache by asking, until nothing is pending. */
async function fill(apiUrl: string, propertyIds: readonly string[]): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  for (let at = 0; at < propertyIds.length; at += BATCH_MAX) {
    const part = propertyIds.slice(at, at + BATCH_MAX);
    while ((await batchGet(apiUrl, part)).pending > 0) {
      if (performance.now() > giveUpAt) throw new Error('the cache did not fill within 30 s');
    }
  }
}

/** Polls until the value of a home is gone from Redis. @returns milliseconds since `from` */
async function untilUnservable({ redis }: Drivers, propertyId: string, from: number): Promise<number> {
  const { value } = keysOf(propertyId, KEY_GENERATION);
  while ((await redis.exists(value)) === 1) {
    if (performance.now() - from > LIMIT_MS)
      throw new Error(`the value of a home was still served after ${LIMIT_MS} ms`);
    await delay(POLL_MS);
  }
  return performance.now() - from;
}

/** Does one change after the other at a steady rate and measures each. */
async function atRate(
  homes: readonly string[],
  ratePerS: number,
  measured: Durations,
  change: (home: string) => Promise<number>,
): Promise<number> {
  const startedAt = performance.now();
  const changes = homes.map(async (home, index) => {
    await delay((index * 1_000) / ratePerS);
    measured.record(await change(home));
  });
  await Promise.all(changes);
  return homes.length / ((performance.now() - startedAt) / 1_000);
}

/** One MLS rule after the other turns stricter in the database: how long until the API refuses a home under it. */
async function measureRules(
  { fleet, stack }: BenchWorld,
  city: City,
  { ruleChanges, hiddenHomes }: { ruleChanges: number; hiddenHomes: number },
  ruleTimes: Durations,
): Promise<void> {
  const writer = connectCatalogWriter({ databaseUrl: stack.databaseUrl });
  const propertyId = openHomes(city, 2 * hiddenHomes + 1).at(-1) ?? '';
  const mlsId = [...city].find((home) => home.propertyId === propertyId)?.mlsId ?? '';
  const statusNow = async (): Promise<string | undefined> =>
    (await batchGet(fleet.apiUrl, [propertyId])).results[0]?.status;
  const until = async (status: string): Promise<void> => {
    const giveUpAt = performance.now() + LIMIT_MS;
    while ((await statusNow()) !== status) {
      if (performance.now() > giveUpAt)
        throw new Error(`a rule change did not lead to ${status} within ${LIMIT_MS} ms`);
      await delay(RULE_POLL_MS);
    }
  };
  try {
    for (let change = 0; change < ruleChanges; change += 1) {
      await writer.setRule({ mlsId, activeLevel: 'unregistered', offMarketLevel: 'unregistered' });
      await until('available');
      await writer.setRule({ mlsId, activeLevel: 'agent', offMarketLevel: 'agent' });
      const committedAt = performance.now();
      await until('restricted');
      ruleTimes.record(performance.now() - committedAt);
    }
  } finally {
    await writer.close();
  }
}

async function measureEvents(
  world: BenchWorld,
  drivers: Drivers,
  homes: readonly string[],
  ratePerS: number,
  eventTimes: Durations,
): Promise<void> {
  const serde = createSerde({ registry: createSchemaRegistry({ url: world.stack.schemaRegistryUrl }) });
  await serde.prepare([topics.sellerOverrideChanged]);
  await atRate(homes, ratePerS, eventTimes, async (propertyId) => {
    // a version that the database never reaches: the home is fenced, not lost, and this world ends with the bench
    const value = { propertyId, visibilityVersion: 1_000_000, level: 'nobody' as const, changedAt: Date.now() };
    const publishedAt = performance.now();
    await drivers.producer.send(
      topics.sellerOverrideChanged.name,
      propertyId,
      serde.encode(topics.sellerOverrideChanged, value),
    );
    return untilUnservable(drivers, propertyId, publishedAt);
  });
}

async function measure(world: BenchWorld, knobs: Readonly<Record<string, number>>, say: Say): Promise<Figures> {
  const { changes = 0, ratePerS = 1, ruleChanges = 0 } = knobs;
  const { stack, fleet } = world;
  const city = generateCity({ homes: HOMES, seed: SEED });
  const homes = openHomes(city, 2 * changes);
  const drivers = { redis: connectRedis(stack.redisUrl), producer: await connectProducer(stack.kafkaBrokers) };
  const writer = connectCatalogWriter({ databaseUrl: stack.databaseUrl });
  const [commitTimes, eventTimes, ruleTimes] = [createDurations(), createDurations(), createDurations()];
  try {
    say(`filling the cache with ${homes.length} homes …`);
    await fill(fleet.apiUrl, homes);
    say(`${changes} sellers hide their homes, ${ratePerS} a second …`);
    const reached = await atRate(homes.slice(0, changes), ratePerS, commitTimes, async (propertyId) => {
      await writer.setOverride(propertyId, 'nobody');
      return untilUnservable(drivers, propertyId, performance.now());
    });
    say(`${changes} change events are published …`);
    await measureEvents(world, drivers, homes.slice(changes), ratePerS, eventTimes);
    say(`${ruleChanges} MLS rules turn stricter …`);
    await measureRules(world, city, { ruleChanges, hiddenHomes: changes }, ruleTimes);
    return {
      commitP50Ms: rounded(commitTimes.at(50)),
      commitP99Ms: rounded(commitTimes.at(99)),
      eventP50Ms: rounded(eventTimes.at(50)),
      eventP99Ms: rounded(eventTimes.at(99)),
      ruleP50Ms: rounded(ruleTimes.at(50)),
      ruleP99Ms: rounded(ruleTimes.at(99)),
      ratePerS: rounded(reached),
      changes,
    };
  } finally {
    drivers.redis.disconnect();
    await Promise.all([drivers.producer.close(), writer.close()]);
  }
}

export const invalidate: Bench = {
  name: 'invalidate',
  measures: 'From a change committed in PostgreSQL (and from its event published) to the value unservable.',
  knobs: {
    changes: { default: 1_000, what: 'homes that are hidden, once by the database and as many by event' },
    ratePerS: { default: 100, what: 'changes a second' },
    ruleChanges: { default: 20, what: 'MLS rules that turn stricter' },
  },
  run: (knobs, say, signal) =>
    withBenchWorld({ homes: HOMES, seed: SEED, say, signal }, (world) => measure(world, knobs, say)),
};
