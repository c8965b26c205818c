import type { AddressInfo } from 'node:net';
import { topics } from '@porchlight/contracts';
import {
  connectCacheTime,
  connectEstimateCache,
  createCacheConfig,
  createWatermarks,
  defaultFreshnessPolicy,
  estimateJsonOf,
  eventsModeTtls,
  freshnessOf,
  randomNonce,
  type EstimateCacheConnection,
  type Watermarks,
} from '@porchlight/estimate-cache';
import { connectCatalog } from '@porchlight/property-catalog';
import type { Rollout } from '@porchlight/rollout';
import { addressOf, type Config, type RunningService, type ServiceContext } from '@porchlight/service';
import { tracedCache, tracedCatalog, tracedSource } from '@porchlight/telemetry';
import { createMlsRules, type MlsRules } from '@porchlight/visibility';
import type { config } from './config.ts';
import { connectUpstream } from './connect-upstream.ts';
import { createKafkaEvents } from './events/kafka-events.ts';
import { estimateFeedOf, withEstimateFeed } from './fed-freshness.ts';
import { startFlags } from './flags/connect-flags.ts';
import { createSessionFlags } from './flags/session-cohorts.ts';
import { eventLoop } from './http/event-loop.ts';
import { createOverloadGuard, type OverloadGuard } from './http/overload-guard.ts';
import { createServer } from './http/server.ts';
import { connectRateLimits } from './limits/connect-rate-limits.ts';
import { createMapHomes } from './map/map-homes.ts';
import { apiMeterOf, overloadMeterOf, readingMeterOf } from './meters.ts';
import { createPrimaryClock } from './primary-clock.ts';
import { createRedisClock, type RedisClock } from './redis-clock.ts';
import {
  createReader,
  defaultReadingLimits,
  withLongestDeadline,
  type FreshnessOf,
  type Reader,
} from './reading/index.ts';
import { shadowedCache } from './shadowed-cache.ts';
import { stopApi } from './stop-api.ts';
import { tellUnplanned } from './unplanned.ts';
import { fileKeys, remoteKeys } from './viewer/jwks.adapter.ts';
import { tokenViewerOf } from './viewer/token-viewer.ts';
import { trustedViewerOf } from './viewer/trusted-viewer.ts';
import type { ViewerOf } from './viewer/viewer.ts';

type Context = Pick<ServiceContext<typeof config>, 'config' | 'telemetry' | 'clock' | 'signal' | 'waitFor'>;
type Values = Config<typeof config>;

const MS_PER_SECOND = 1_000;

/** How long a poll of the rules may fail before somebody is told, and told again. */
const RULES_SILENT_MS = 10_000;

/** The longest statement of a poll of the rules, and some: when a poll is as late as that, nobody waits for the database. */
const DATABASE_SILENT_MS = 3_000;

/** Goes on evenly, whatever happens to the host's clock. */
const elapsedMs = (): number => performance.now();

const lifetimesOf = (values: Values) =>
  values.FRESHNESS === 'events'
    ? eventsModeTtls
    : { estimateTtlActiveMs: values.ESTIMATE_TTL_ACTIVE_MS, estimateTtlOffMarketMs: values.ESTIMATE_TTL_OFF_MARKET_MS };

/** Connects everything, waits for PostgreSQL and Redis, then listens. Kafka, the registry and upstream are not waited for. */
export async function startApi(context: Context): Promise<RunningService & { readonly port: number }> {
  const { config: values, telemetry, clock, signal } = context;
  const databases = connectDatabases(context);
  const viewerOf = await createViewerOf(context);
  const { rules, primaryClock } = await loadRules(context, databases.rules);
  const redis = await connectRedis(context);
  const upstream = connectUpstream(context, redis);
  const redisTime = await watchRedisTime(context);
  const rates = await connectRateLimits(context);
  const flags = await startFlags(context);
  const marks = await watchMarks(context, { redis, progress: () => databases.rules.relayProgress(), primaryClock });
  const events = createKafkaEvents({
    brokers: values.KAFKA_BROKERS,
    registryUrl: values.SCHEMA_REGISTRY_URL,
    telemetry,
    clock,
    signal,
  });
  const overload = guardAgainstOverload(context);
  const reader = createReaderOf(context, {
    ...databases,
    overload,
    redis,
    redisClock: redisTime.clock,
    rules,
    primaryClock,
    marks,
    rollout: flags.rollout,
    upstream,
  });
  const app = await createServer({
    ...settingsOf(context, flags.rollout),
    overload,
    reader: withLongestDeadline(reader, values.DEADLINE_MAX_MS),
    mapHomes: createMapHomes(tracedCatalog(telemetry.tracing, databases.catalog), clock),
    viewerOf,
    rateLimits: rates.limits,
    events,
  });
  return {
    port: await listen(app, context),
    // Not ready since the signal: serves on for a moment, then takes no more, finishes what was asked and what was paid for, then lets go of the rest.
    stop: () =>
      stopApi({
        clock,
        drainMs: values.DRAIN_MS,
        keepServingMs: values.KEEP_SERVING_MS,
        closeServer: () => app.close(),
        cutServer: () => app.server.closeAllConnections(),
        readerSettled: () => reader.settled(),
        endPolls() {
          rules.stop();
          marks.stop();
          redisTime.stop();
        },
        closeEvents: (withinMs) => events.close(withinMs),
        closeConnections: () => Promise.all([upstream, redis, rates, flags, databases].map((each) => each.close())),
      }),
  };
}

/** @returns the port */
async function listen(
  app: Awaited<ReturnType<typeof createServer>>,
  { config: values, telemetry }: Context,
): Promise<number> {
  const { HTTP_HOST: host } = values;
  await app.listen({ host, port: values.HTTP_PORT });
  const { port } = app.server.address() as AddressInfo;
  telemetry.log.info({ host, port }, `estimate-api answers on http://${host}:${port}`);
  return port;
}

/** What the HTTP side is told, beside what it is given to work with. */
function settingsOf({ config: values, telemetry, clock, signal }: Context, rollout: Rollout) {
  return {
    web: {
      corsOrigins: values.CORS_ORIGINS,
      trustedProxies: values.TRUSTED_PROXIES,
      connectionsMax: values.HTTP_CONNECTIONS_MAX,
      rateWindowSeconds: values.RATE_WINDOW_S,
    },
    sessionHmacKey: values.SESSION_HMAC_KEY,
    deadlines: { defaultMs: values.DEADLINE_DEFAULT_MS, mapDefaultMs: values.MAP_DEADLINE_DEFAULT_MS },
    clock,
    flags: createSessionFlags(rollout),
    meter: apiMeterOf(telemetry.metrics, rollout),
    log: telemetry.log,
    tracing: telemetry.tracing,
    isReady: () => true,
    isStopping: () => signal.aborted,
  };
}

function guardAgainstOverload({ config: values, telemetry }: Context): OverloadGuard {
  const limits = {
    requestsMax: values.HTTP_REQUESTS_MAX,
    waitMs: values.OVERLOAD_WAIT_MS,
    burstMs: values.OVERLOAD_BURST_MS,
  };
  const onRefused = overloadMeterOf(telemetry.metrics, () => guard);
  const guard = createOverloadGuard(limits, eventLoop, onRefused);
  return guard;
}

function connectDatabases({ config: values, telemetry: { log } }: Context) {
  const shared = {
    databaseUrl: values.DATABASE_URL,
    onConnectionLost: (error: Error) => log.warn({ error }, 'a connection to the property database was lost'),
  };
  const catalog = connectCatalog({ ...shared, poolMax: values.DATABASE_POOL_MAX });
  const checks = connectCatalog({ ...shared, poolMax: values.CHECK_POOL_MAX });
  // Two connections that only polls use: a rule that turned stricter never waits behind strangers' misses and maps.
  const rules = connectCatalog({ ...shared, poolMax: 2 });
  // A connection that only comparisons use; without SHADOW_PERCENT it is never opened.
  const shadows = connectCatalog({ ...shared, poolMax: 1 });
  return {
    catalog,
    checks,
    rules,
    shadows,
    async close() {
      await Promise.all([catalog.close(), checks.close(), rules.close(), shadows.close()]);
    },
  };
}

async function createViewerOf({ config: values, telemetry: { log }, waitFor, clock }: Context): Promise<ViewerOf> {
  if (values.AUTH_MODE === 'trusted-header') return trustedViewerOf({ gatewaySecret: values.GATEWAY_SECRET });
  const { JWKS_URL: url, JWKS_PATH: path = '', JWT_ISSUER: issuer = '', JWT_AUDIENCE: audience = '' } = values;
  const keys =
    url === undefined
      ? await waitFor(`the file ${path}`, 'the keys of tokens', () => fileKeys(path, clock))
      : remoteKeys(url, { clock, log });
  return tokenViewerOf({ keys, issuer, audience, clock });
}

/** PostgreSQL is there when the rules have been read once; from then on they are polled. */
async function loadRules({ config: values, telemetry: { log }, waitFor, clock }: Context, catalog: CatalogOf) {
  const primaryClock = createPrimaryClock(catalog, { elapsedMs, staleMs: values.FEED_DOWN_MS });
  let toldAt = Number.NEGATIVE_INFINITY;
  const rules = createMlsRules({
    catalog: primaryClock.rules,
    pollMs: values.RULE_POLL_MS,
    feedDownMs: values.FEED_DOWN_MS,
    feedStaleMs: values.FEED_STALE_MS,
    clock,
    elapsedMs,
    onError(error) {
      if (rules.ageMs() < RULES_SILENT_MS || clock.now() - toldAt < RULES_SILENT_MS) return;
      toldAt = clock.now();
      log.warn({ error, ageMs: rules.ageMs() }, 'the MLS rules cannot be read; the copy in use grows older');
    },
  });
  await waitFor(`PostgreSQL at ${addressOf(values.DATABASE_URL)}`, 'facts and MLS rules', () => rules.load());
  rules.start();
  return { rules, primaryClock };
}

type CatalogOf = ReturnType<typeof connectCatalog>;

async function connectRedis({ config: values, telemetry, waitFor }: Context): Promise<EstimateCacheConnection> {
  const rejected = telemetry.metrics.counter('porchlight.cache.rejected');
  const redis = await waitFor(`Redis at ${addressOf(values.REDIS_URL)}`, 'the estimate cache', () =>
    connectEstimateCache({
      url: values.REDIS_URL,
      topology: values.REDIS_TOPOLOGY,
      connectionName: 'estimate-api',
      config: { keyGeneration: values.CACHE_KEY_GENERATION, ...lifetimesOf(values) },
      random: Math.random,
      onRejected: (reason) => rejected.add(1, { reason }),
      onServerRefused: (reason) =>
        telemetry.log.error(
          { code: 'CACHE_POLICY_REFUSED', reason },
          'this Redis would not be taken at the start any more',
        ),
    }),
  );
  for (const warning of redis.warnings) telemetry.log.warn({}, warning);
  return redis;
}

/** Expiries in the cache are dated by Redis: they are compared with its clock, and this host's is never asked. */
async function watchRedisTime({ config: values, waitFor, clock }: Context) {
  return await waitFor(`Redis at ${addressOf(values.REDIS_URL)}`, 'its time', async () => {
    const connection = await connectCacheTime({
      url: values.REDIS_URL,
      topology: values.REDIS_TOPOLOGY,
      connectionName: 'estimate-api-clock',
    });
    const redisClock = createRedisClock({ ...connection, elapsedMs, clock });
    await redisClock.load().catch((error: unknown) => {
      void connection.close();
      throw error;
    });
    redisClock.start();
    return {
      clock: redisClock,
      stop() {
        redisClock.stop();
        void connection.close();
      },
    };
  });
}

interface MarkParts {
  readonly redis: EstimateCacheConnection;
  readonly progress: CatalogOf['relayProgress'];
  readonly primaryClock: { now(): number };
}

/** What vouches for cached homes. Where nothing does, each is believed by its own check alone, so nobody waits for it. */
async function watchMarks({ config: values, telemetry: { log, metrics }, clock }: Context, parts: MarkParts) {
  const { redis, progress, primaryClock } = parts;
  const age = metrics.gauge('porchlight.estimate_api.watermark.age');
  const missing = metrics.gauge('porchlight.estimate_api.watermark.missing');
  const estimatesAge = metrics.gauge('porchlight.estimate_api.estimates.age');
  const marks = createWatermarks({
    store: redis.marks,
    progress,
    estimatesTopic: topics.estimateUpdated.name,
    databaseNow: () => primaryClock.now(),
    clock,
    pollMs: values.MARK_POLL_MS,
    onPoll({ lowestAt, bucketsUnmarked, estimatesUntilAt }) {
      missing.set(bucketsUnmarked);
      if (lowestAt !== null) age.set((primaryClock.now() - lowestAt) / MS_PER_SECOND);
      if (estimatesUntilAt !== null) estimatesAge.set((primaryClock.now() - estimatesUntilAt) / MS_PER_SECOND);
    },
    onFault: (error) => log.error({ error }, 'the marks of the change feed cannot be read: hits are checked'),
  });
  await marks.poll(); // else the first hits would all be checked
  marks.start();
  return marks;
}

interface ReaderParts {
  readonly catalog: CatalogOf;
  readonly checks: CatalogOf;
  readonly shadows: CatalogOf;
  readonly redis: EstimateCacheConnection;
  readonly redisClock: Pick<RedisClock, 'now'>;
  readonly rules: MlsRules;
  readonly primaryClock: { now(): number };
  readonly marks: Watermarks;
  readonly rollout: Rollout;
  readonly upstream: Pick<ReturnType<typeof connectUpstream>, 'source' | 'refusesBackground'>;
  readonly overload: Pick<OverloadGuard, 'isBusy'>;
}

function createReaderOf(context: Context, parts: ReaderParts): Reader {
  const { config: values, telemetry, clock } = context;
  const { catalog, checks, redis, redisClock, rules, primaryClock, marks, rollout, upstream, overload } = parts;
  const { payloadBytesMax } = createCacheConfig();
  const clocksNow = () => ({ databaseNow: primaryClock.now(), cacheNow: redisClock.now() });
  const policy = {
    ...defaultFreshnessPolicy,
    factsTtlActiveMs: values.FACTS_TTL_ACTIVE_MS,
    factsTtlOffMarketMs: values.FACTS_TTL_OFF_MARKET_MS,
    feedStaleMs: values.FEED_STALE_MS,
    feedDownMs: values.FEED_DOWN_MS,
  };
  const estimateFeed = estimateFeedOf(values, { untilAt: (id) => marks.estimatesUntilAt(id), clocksNow });
  return createReader({
    cache: tracedCache(telemetry.tracing, shadowedCache(context, redis.cache, parts.shadows)),
    catalog: tracedCatalog(telemetry.tracing, catalog),
    checks: tracedCatalog(telemetry.tracing, checks),
    source: tracedSource(telemetry.tracing, upstream.source),
    refusesBackground: () => overload.isBusy() || upstream.refusesBackground(),
    rules,
    clock,
    clocksNow,
    freshnessNow() {
      const markOf = marks.taken();
      const ofFacts: FreshnessOf = (value, { databaseNow, cacheNow } = clocksNow()) =>
        freshnessOf(
          value,
          {
            databaseNow,
            cacheNow,
            mark: markOf(value.propertyId),
            followedSinceAt: rules.followedSinceAt(value.facts.mlsId),
          },
          policy,
        );
      return estimateFeed === null ? ofFacts : withEstimateFeed(ofFacts, estimateFeed);
    },
    refreshesSoftly: (propertyId) => rollout.now().cohortOf('cache.soft-refresh', propertyId) === 'on',
    isDatabaseSilent: () => rules.ageMs() > values.RULE_POLL_MS + DATABASE_SILENT_MS,
    jsonOf: (propertyId, estimate) => Buffer.from(estimateJsonOf(propertyId, estimate, payloadBytesMax)),
    newNonce: randomNonce,
    meter: readingMeterOf(telemetry.metrics),
    log: telemetry.log,
    limits: {
      ...defaultReadingLimits,
      flightsMax: values.FLIGHTS_MAX,
      waitersMax: values.MISS_WAITERS_MAX,
      tricklesMax: values.TRICKLES_MAX,
      tricklesPerSMax: values.TRICKLES_PER_S,
      bypassesPerSMax: values.BYPASSES_PER_S,
      upstreamMs: values.UPSTREAM_TIMEOUT_MS,
      checksAtOnceMax: values.CHECK_POOL_MAX,
      checksWaitingMax: values.CHECK_WAITING_MAX,
    },
    onUnplanned: tellUnplanned(telemetry.log),
  });
}
