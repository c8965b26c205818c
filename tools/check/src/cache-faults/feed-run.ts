import { setTimeout as delay } from 'node:timers/promises';
import { generateCity, loadCity, type City } from '@porchlight/city';
import { topics, type Facts } from '@porchlight/contracts';
import { connectEstimateCache } from '@porchlight/estimate-cache';
import { connectCatalog, connectCatalogWriter, type CatalogWriter } from '@porchlight/property-catalog';
import { startFleet, type AppName, type Fleet, type FleetOptions } from '@porchlight/run';
import type { Stack } from '@porchlight/stack';
import type { Say } from '../check.ts';
import { waitFor } from '../wait-for.ts';
import { ApiReader } from './api-reader.ts';
import type { FinalHome, History, VersionedInstant } from './history.ts';
import { monotonicNow } from '../processes/monotonic-now.ts';
import { RedisAddress } from './redis-address.ts';
import { startRedis, type RedisServer, type RedisSettings } from './redis-server.adapter.ts';
import type { World } from './world.ts';

const INSTANCE = 'cache-faults';
const CITY = { homes: 2_000, seed: 7 };
const WITHIN_MS = 30_000;
const KEY_GENERATION = 'e1';
const apps: readonly AppName[] = ['estimate-api', 'invalidator', 'catalog-relay'];

/** Shorter than in production, so that a scenario ends: how long the feed may be silent before hits are checked. */
export const FEED_STALE_MS = 10_000;
/** The feed vouches for homes that were filled before the last reading of the marks. */
const VOUCHED_MS = 3_000;
/** Promise (2): so long after its commit a change is obeyed, whatever has failed. */
export const OBEYED_WITHIN_MS = FEED_STALE_MS + 2_000;

const overridePartitions = Array.from(
  { length: topics.sellerOverrideChanged.partitions },
  (_none, partition) => `${topics.sellerOverrideChanged.name}/${partition}`,
);

/** A home before it was hidden, and after: each is hidden once. */
const SHOWN = 1;
const HIDDEN = 2;

export interface FeedRunOptions {
  readonly name: string;
  readonly homes: number;
  readonly redis?: RedisSettings;
  readonly environmentOf?: FleetOptions['environmentOf'];
}

/** The apps as they are shipped, on a real Kafka and PostgreSQL, and on a Redis that things are done to. */
export class FeedRun {
  readonly redis: RedisServer;
  readonly address: RedisAddress;
  readonly fleet: Fleet;
  readonly propertyIds: readonly string[];
  readonly #world: World;
  readonly #name: string;
  readonly #writer: CatalogWriter;
  readonly #databaseUrl: string;
  readonly #reader: ApiReader;
  readonly #committed: VersionedInstant[] = [];
  readonly #acknowledged: VersionedInstant[] = [];
  readonly #due: VersionedInstant[] = [];
  readonly #baseVersions: ReadonlyMap<string, number>;
  #hidden = 0;
  #errors = new Map<string, number>();

  private constructor(parts: {
    world: World;
    options: FeedRunOptions;
    redis: RedisServer;
    address: RedisAddress;
    fleet: Fleet;
    stack: Stack;
    propertyIds: readonly string[];
    baseVersions: ReadonlyMap<string, number>;
    writer: CatalogWriter;
  }) {
    this.#world = parts.world;
    this.#name = parts.options.name;
    this.redis = parts.redis;
    this.address = parts.address;
    this.fleet = parts.fleet;
    this.propertyIds = parts.propertyIds;
    this.#baseVersions = parts.baseVersions;
    this.#writer = parts.writer;
    this.#databaseUrl = parts.stack.databaseUrl;
    this.#reader = new ApiReader(parts.fleet.apiUrl, parts.propertyIds);
    for (const propertyId of parts.propertyIds) this.#committed.push({ propertyId, version: SHOWN, at: 0 });
  }

  static async start(world: World, options: FeedRunOptions): Promise<FeedRun> {
    const { folder, signal, onEnd } = world;
    const stack = await world.feedStack.started();
    const redis = await startRedis({ name: 'primary', folder, signal, settings: options.redis ?? {} });
    onEnd(() => redis.stop());
    const address = await RedisAddress.leadingTo(redis.port);
    onEnd(() => address.close());
    const fleet = await startFleet({
      stack: { environment: { ...stack.environment, REDIS_URL: address.url }, folder: stack.folder },
      instance: INSTANCE,
      apps,
      logDir: folder,
      signal,
      environmentOf: withStaleness(options.environmentOf),
      beforeApps: async ({ simulatorUrl }) => {
        await loadCity({ databaseUrl: stack.databaseUrl, simulatorUrl, ...CITY });
      },
      onExit: (exit) => world.say(`${options.name}: ${exit.member} ended by itself: see its log`),
    });
    onEnd(() => fleet.stop());
    const writer = connectCatalogWriter({ databaseUrl: stack.databaseUrl });
    onEnd(() => writer.close());
    const propertyIds = openHomes(generateCity(CITY), world.nextHomes(options.homes));
    const baseVersions = versionsOf(await factsIn(stack.databaseUrl, propertyIds));
    const run = new FeedRun({ world, options, redis, address, fleet, stack, propertyIds, baseVersions, writer });
    onEnd(() => run.#reader.stop());
    await run.#settle();
    return run;
  }

  get say(): Say {
    return (line) => this.#world.say(`${this.#name}: ${line}`);
  }

  pass(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#world.signal });
  }

  until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = WITHIN_MS): Promise<boolean> {
    return waitFor(what, isSo, { withinMs, signal: this.#world.signal });
  }

  /** Hides the next so many homes in the database, for good. */
  async hideNext(count: number): Promise<readonly string[]> {
    const chosen = this.propertyIds.slice(this.#hidden, this.#hidden + count);
    this.#hidden += chosen.length;
    for (const propertyId of chosen) {
      this.#committed.push({ propertyId, version: HIDDEN, at: monotonicNow() });
      await this.#writer.setOverride(propertyId, 'nobody');
      this.#due.push({ propertyId, version: HIDDEN, at: monotonicNow() + OBEYED_WITHIN_MS });
    }
    return chosen;
  }

  /** Waits until the marks in Redis say that the invalidator has applied all up to now; these homes' changes are acknowledged then. */
  async untilAcknowledged(propertyIds: readonly string[]): Promise<void> {
    const committedAt = await this.#databaseNow();
    await this.until('the invalidator to mark the changes', () => this.#isMarked(committedAt));
    const at = monotonicNow();
    for (const propertyId of propertyIds) this.#acknowledged.push({ propertyId, version: HIDDEN, at });
  }

  /** How many of these a Redis still shows as they were before they were hidden. */
  async countOld(propertyIds: readonly string[], url: string): Promise<number> {
    const connection = await connectEstimateCache({ url, config: { keyGeneration: KEY_GENERATION } });
    try {
      const values = await connection.cache.read(propertyIds);
      return values.filter((value) => {
        const base = this.#baseVersions.get(value?.propertyId ?? '');
        return value !== null && value.facts.visibilityVersion === base;
      }).length;
    } finally {
      await connection.close();
    }
  }

  async killInvalidator(): Promise<void> {
    await this.fleet.kill('invalidator');
  }

  async restartInvalidator(): Promise<void> {
    await this.fleet.restart('invalidator');
  }

  /** What was seen and stored, when every hidden home has been hidden in answers for a while. */
  async history(): Promise<History> {
    const hidden = new Set(this.propertyIds.slice(0, this.#hidden));
    await this.until('answers to agree with the database', () => this.#reader.agreesOn(hidden));
    await this.pass(1_000);
    const errors = new Map([...this.#errors, ...this.#reader.errors]);
    const bill = await this.bill();
    this.#reader.stop();
    return {
      committed: this.#committed,
      acknowledged: this.#acknowledged,
      due: this.#due,
      answers: this.#reader.answers,
      billed: new Map([['all homes', bill]]),
      errors,
      final: await this.#final(),
    };
  }

  /** Items that the seller's meter has counted. */
  async bill(): Promise<number> {
    const response = await fetch(`${this.fleet.simulatorUrl}/admin/meter`);
    const { billedItems } = (await response.json()) as { billedItems: number };
    return billedItems;
  }

  /** By the clock of PostgreSQL. */
  async #databaseNow(): Promise<number> {
    const facts = await factsIn(this.#databaseUrl, this.propertyIds);
    return Math.max(...[...facts.values()].map(({ checkedAt }) => checkedAt));
  }

  /** Is every change up to this instant applied in every bucket? */
  async #isMarked(at: number): Promise<boolean> {
    const connection = await connectEstimateCache({ url: this.address.url, config: { keyGeneration: KEY_GENERATION } });
    try {
      const marks = await connection.marks.read();
      return marks.every((mark) => overridePartitions.every((name) => (mark?.partitions[name]?.untilAt ?? 0) >= at));
    } finally {
      await connection.close();
    }
  }

  /** All homes are cached and shown, and the feed has vouched for them. */
  async #settle(): Promise<void> {
    await fetch(`${this.fleet.simulatorUrl}/admin/meter/reset`, { method: 'POST' });
    this.#reader.start();
    await this.until('every home to be shown', () => this.#reader.agreesOn(new Set()));
    await this.pass(VOUCHED_MS);
  }

  async #final(): Promise<FinalHome[]> {
    const now = versionsOf(await factsIn(this.#databaseUrl, this.propertyIds));
    const connection = await connectEstimateCache({ url: this.address.url, config: { keyGeneration: KEY_GENERATION } });
    try {
      const values = await connection.cache.read(this.propertyIds);
      return values.flatMap((value) => {
        if (value === null) return [];
        const { propertyId, facts } = value;
        const base = (this.#baseVersions.get(propertyId) ?? 0) - SHOWN;
        const trueFactsVersion = (now.get(propertyId) ?? 0) - base;
        const factsVersion = facts.visibilityVersion - base;
        return [{ propertyId, factsVersion, trueFactsVersion, estimateVersion: null, trueEstimateVersion: null }];
      });
    } finally {
      await connection.close();
    }
  }
}

const withStaleness = (given: FleetOptions['environmentOf'] = {}): NonNullable<FleetOptions['environmentOf']> => ({
  ...given,
  'estimate-api': {
    FEED_STALE_MS: String(FEED_STALE_MS),
    ...given['estimate-api'],
  },
});

async function factsIn(databaseUrl: string, propertyIds: readonly string[]): Promise<Map<string, Facts>> {
  const catalog = connectCatalog({ databaseUrl, poolMax: 1 });
  try {
    return await catalog.factsOf(propertyIds);
  } finally {
    await catalog.close();
  }
}

const versionsOf = (facts: ReadonlyMap<string, Facts>): Map<string, number> =>
  new Map([...facts].map(([id, { visibilityVersion }]) => [id, visibilityVersion]));

/** Homes that everybody may see and that have an estimate: those of a scenario are nobody else's. */
function openHomes(city: City, { from, count }: { from: number; count: number }): string[] {
  const open = new Set(city.rules.filter((rule) => rule.offMarketLevel === 'unregistered').map(({ mlsId }) => mlsId));
  const homes = [...city].filter(
    ({ status, overrideLevel, valueUsd, mlsId }) =>
      status === 'off_market' && !overrideLevel && valueUsd !== null && open.has(mlsId ?? ''),
  );
  const chosen = homes.slice(from, from + count).map(({ propertyId }) => propertyId);
  if (chosen.length < count) throw new RangeError(`the city has only ${homes.length} homes that everybody may see`);
  return chosen;
}
