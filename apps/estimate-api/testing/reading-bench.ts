import type { Estimate } from '@porchlight/contracts';
import {
  defaultCacheConfig,
  estimateJsonOf,
  eventsModeTtls,
  freshnessOf,
  memoryEstimateCache,
  type EstimateCache,
  type FeedMark,
  type LeaseClass,
  type MemoryEstimateCache,
} from '@porchlight/estimate-cache';
import { memoryEstimateSource, type MemoryEstimateSource } from '@porchlight/estimate-source/testing';
import type { LoadedProperty, PropertyCatalog } from '@porchlight/property-catalog';
import { memoryCatalog, type MemoryCatalog } from '@porchlight/property-catalog/testing';
import { ManualClock, turn } from '@porchlight/stream';
import type { Telemetry } from '@porchlight/telemetry';
import { alsoTo } from './also-to.ts';
import { createMlsRules, type MlsRule, type Role } from '@porchlight/visibility';
import { withEstimateFeed, type EstimateFeed } from '../fed-freshness.ts';
import { readingMeterOf } from '../meters.ts';
import { tellUnplanned } from '../unplanned.ts';
import {
  createReader,
  defaultReadingLimits,
  type FreshnessOf,
  type HomeResult,
  type Reader,
  type ReadingLimits,
} from '../reading/index.ts';

export const T0 = 1_700_000_000_000;

export const estimateOf = (estimateVersion: number, valueUsd = 500_000): Estimate => ({
  estimateVersion,
  valueUsd,
  lowUsd: valueUsd - 50_000,
  highUsd: valueUsd + 50_000,
  computedAt: T0 - 60_000,
});

/** The bytes that a client sees of `estimateOf(_, valueUsd)`. */
export const jsonOfValue = (valueUsd: number): string =>
  `{"valueUsd":${valueUsd},"lowUsd":${valueUsd - 50_000},"highUsd":${valueUsd + 50_000},"computedAt":${T0 - 60_000}}`;

/** Runs before a method of a port, each time; a test puts what must happen "in between" there. */
type Interposed<P> = { [M in keyof P]?: (...args: never[]) => unknown };

function interpose<P extends object>(port: P, before: Interposed<P>): P {
  return new Proxy(port, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        await (before[name as keyof P] as ((...all: unknown[]) => unknown) | undefined)?.(...args);
        return (await method.apply(target, args)) as unknown;
      };
    },
  });
}

export interface ReadingBench {
  readonly clock: ManualClock;
  readonly cache: MemoryEstimateCache;
  readonly catalog: MemoryCatalog;
  readonly source: MemoryEstimateSource;
  readonly reader: Reader;
  readonly rules: { usable: boolean };
  /** What the marks say, by default that the feed is a second behind. A reader takes it before it reads the cache. */
  readonly feed: { mark: () => FeedMark | null };
  /** Whether upstream is left alone by those for whom nobody waits. */
  readonly upstream: { refusesBackground: boolean };
  /** Whether the primary has been silent for long. */
  readonly database: { isSilent: boolean };
  readonly beforeCache: Interposed<EstimateCache>;
  readonly beforeCatalog: Interposed<PropertyCatalog>;
  readonly beforeChecks: Interposed<PropertyCatalog>;
  /** `what:outcome` with how many homes (calls for upstream). */
  readonly counted: Record<string, number>;
  readonly alerts: string[];
  readonly unplanned: unknown[];
  readonly home: (propertyId: string, fields?: Partial<LoadedProperty>) => void;
  /** What a poll of the rules sees now. */
  readonly rule: (rule: MlsRule) => Promise<void>;
  readonly read: (
    propertyIds: string | readonly string[],
    ask?: { role?: Role; deadlineMs?: number },
  ) => Promise<HomeResult[]>;
  /** Puts a value into the cache as a fill of `class` would, with facts that were checked a while ago. */
  readonly plant: (
    propertyId: string,
    value?: { checkedAgoMs?: number; class?: LeaseClass; valueUsd?: number },
  ) => Promise<void>;
  /** A second process on the same cache, catalogue and upstream. */
  readonly another: () => Reader;
}

/** `status`, or `status json` where a value is shown, or `restricted role`. */
export const shown = (results: readonly HomeResult[]): string[] =>
  results.map(({ propertyId, status, requiredRole, estimateJson }) =>
    [propertyId, status, requiredRole, estimateJson?.toString()].filter((part) => part != null).join(' '),
  );

export function createReadingBench(
  options: {
    limits?: Partial<ReadingLimits>;
    refreshesSoftly?: (propertyId: string) => boolean;
    /** Default: FRESHNESS=ttl. */
    estimateFeed?: Pick<EstimateFeed, 'policy' | 'untilAt'>;
    /** Counts and tells there as well, as the app does. */
    telemetry?: Pick<Telemetry, 'log' | 'metrics'>;
  } = {},
): ReadingBench {
  const clock = new ManualClock(T0);
  const cache = memoryEstimateCache({ clock, ...(options.estimateFeed && { config: eventsModeTtls }) });
  const catalog = memoryCatalog({ now: () => clock.now() });
  const source = memoryEstimateSource();
  const seen: MlsRule[] = [];
  const followed = createMlsRules({
    catalog: { mlsRules: () => Promise.resolve({ rules: seen, seenAt: clock.now() }) },
    pollMs: 500,
    clock,
    elapsedMs: () => clock.now(),
    onError: () => undefined,
  });
  const rules = { ...followed, usable: true, isUsable: () => rules.usable };
  const feed = { mark: (): FeedMark | null => ({ watermarkAt: clock.now() - 1_000, sinceAt: 0 }) };
  const database = { isSilent: false };
  const upstream = { refusesBackground: false };
  const counted: Record<string, number> = {};
  const count = (what: string, homes: number) => (counted[what] = (counted[what] ?? 0) + homes);
  const alerts: string[] = [];
  const unplanned: unknown[] = [];
  const before = { cache: {}, catalog: {}, checks: {} };
  const say = (fields: object) => void alerts.push((fields as { code: string }).code);
  const clocksNow = () => ({ databaseNow: clock.now(), cacheNow: clock.now() });
  const create = (): Reader =>
    createReader({
      cache: interpose<EstimateCache>(cache, before.cache),
      catalog: interpose<PropertyCatalog>(catalog, before.catalog),
      checks: interpose<PropertyCatalog>(catalog, before.checks),
      source,
      refusesBackground: () => upstream.refusesBackground,
      rules,
      clock,
      clocksNow,
      freshnessNow: () => {
        const mark = feed.mark();
        const ofFacts: FreshnessOf = (value, clocks = clocksNow()) =>
          freshnessOf(value, { ...clocks, mark, followedSinceAt: rules.followedSinceAt(value.facts.mlsId) });
        return options.estimateFeed ? withEstimateFeed(ofFacts, { ...options.estimateFeed, clocksNow }) : ofFacts;
      },
      isDatabaseSilent: () => database.isSilent,
      jsonOf: (propertyId, estimate) =>
        Buffer.from(estimateJsonOf(propertyId, estimate, defaultCacheConfig.payloadBytesMax)),
      newNonce: (() => {
        let drawn = 0;
        return () => `nonce-${Math.random()}-${(drawn += 1)}`;
      })(),
      meter: alsoTo(options.telemetry && readingMeterOf(options.telemetry.metrics), {
        leased: (outcome, homes) => count(`lease:${outcome}`, homes),
        filled: (outcome, homes) => count(`fill:${outcome}`, homes),
        checked: (outcome, homes) => count(`check:${outcome}`, homes),
        called: (outcome, lane) => count(`call:${outcome}:${lane}`, 1),
        doubted: (doubt) => count(`doubt:${doubt}`, 1),
      }),
      log: alsoTo(options.telemetry?.log, { error: say, warn: say }),
      limits: { ...defaultReadingLimits, ...options.limits },
      ...(options.refreshesSoftly && { refreshesSoftly: options.refreshesSoftly }),
      onUnplanned(error) {
        unplanned.push(error);
        if (options.telemetry) tellUnplanned(options.telemetry.log)(error);
      },
    });
  const reader = create();
  return {
    clock,
    cache,
    catalog,
    source,
    reader,
    rules,
    feed,
    database,
    upstream,
    beforeCache: before.cache,
    beforeCatalog: before.catalog,
    beforeChecks: before.checks,
    counted,
    alerts,
    unplanned,
    home: (propertyId, fields = {}) =>
      catalog.addProperty({
        propertyId,
        latitude: 47.6,
        longitude: -122.3,
        status: 'active',
        mlsId: null,
        overrideLevel: null,
        ...fields,
      }),
    async rule(rule) {
      seen.push(rule);
      await followed.load();
    },
    read: (ids, { role = 'agent', deadlineMs = 1_000 } = {}) =>
      reader.read({ propertyIds: typeof ids === 'string' ? [ids] : ids, role, deadlineMs }),
    async plant(propertyId, { checkedAgoMs = 0, class: leaseClass = 's', valueUsd = 500_000 } = {}) {
      const [won] = await cache.acquire([{ propertyId, nonce: `plant-${propertyId}` }], leaseClass);
      const facts = (await catalog.factsOf([propertyId])).get(propertyId);
      if (won?.outcome !== 'win' || facts === undefined) throw new Error(`${propertyId} cannot be planted`);
      const old = { ...facts, checkedAt: facts.checkedAt - checkedAgoMs };
      const estimate = estimateOf(1, valueUsd);
      await cache.fill([{ propertyId, class: leaseClass, ticket: won.ticket, facts: old, estimate }]);
    },
    another: create,
  };
}

/** A bench with one home, `p1`, that upstream knows. */
export function benchOfOneHome(
  options: Parameters<typeof createReadingBench>[0] = {},
  fields: Partial<LoadedProperty> = {},
): ReadingBench {
  const bench = createReadingBench(options);
  bench.home('p1', fields);
  bench.source.set('p1', estimateOf(1));
  return bench;
}

/** As an INVALIDATE of a version would, but for the epoch: ALREADY leaves it (design.md section 6). */
export function raiseFactsFence(cache: MemoryEstimateCache, propertyId: string, factsFence: number): void {
  const { flight } = cache.stateOf(propertyId);
  if (flight === null) throw new Error('there is no flight to fence');
  Object.assign(flight, { factsFence });
}

/** Lets what can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await turn();
}
