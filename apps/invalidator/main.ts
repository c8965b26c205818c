import { topics } from '@porchlight/contracts';
import { connectEstimateCache, eventsModeTtls } from '@porchlight/estimate-cache';
import { connectCatalog } from '@porchlight/property-catalog';
import { addressOf, type Config, type ServiceContext } from '@porchlight/service';
import { readTopicRetention } from '@porchlight/stream';
import { runStreamApp } from '@porchlight/stream-app';
import { tracedCache, tracedCatalog } from '@porchlight/telemetry';
import { ChangeFeed } from './change-feed.ts';
import { config } from './config.ts';
import { createInvalidator } from './invalidator.task.ts';
import { MarkLoop } from './mark-loop.ts';
import { startSampling } from './start-sampling.ts';
import { feedTelemetry } from './feed-telemetry.ts';
import { checkRetention } from './topic-retention.ts';

const { listingStatusChanged, sellerOverrideChanged, mlsRuleChanged, estimateUpdated } = topics;
const timedTopics = [listingStatusChanged, sellerOverrideChanged, mlsRuleChanged].map(({ name }) => name);

await runStreamApp({
  name: 'invalidator',
  config,
  async wire({ config: values, telemetry, clock, waitFor, crash }) {
    const { log, metrics } = telemetry;
    await waitForRetention(values, waitFor);
    const redis = await waitFor(`Redis at ${addressOf(values.REDIS_URL)}`, 'the estimate cache', () =>
      connectEstimateCache({
        url: values.REDIS_URL,
        topology: values.REDIS_TOPOLOGY,
        connectionName: 'invalidator',
        config: { keyGeneration: values.CACHE_KEY_GENERATION },
        onServerRefused: (reason) =>
          log.error({ code: 'CACHE_POLICY_REFUSED', reason }, 'this Redis would not be taken at the start any more'),
      }),
    );
    for (const warning of redis.warnings) log.warn({}, warning);
    const catalog = connectCatalog({ databaseUrl: values.DATABASE_URL, poolMax: values.DATABASE_POOL_MAX });
    const report = feedTelemetry(telemetry, clock);
    const feed = new ChangeFeed({
      store: redis.marks,
      relay: catalog,
      databaseNow: async () => (await catalog.mlsRules()).readAt,
      timedTopics,
      report,
    });
    const sampling = startSampling({ cache: redis.cache, catalog, clock }, telemetry);
    const changes = metrics.counter('porchlight.invalidator.changes');
    const definitions = createInvalidator({
      cache: tracedCache(telemetry.tracing, redis.cache),
      catalog: tracedCatalog(telemetry.tracing, catalog),
      feed,
      concurrentRecordsMax: values.CONCURRENT_RECORDS_MAX,
      count: (topic, outcome) => changes.add(1, { topic, outcome }),
      onApplied: (change) => sampling.note(change),
      onUnreadableKey: (at) =>
        log.error(
          { ...at, code: 'UNREADABLE_KEY' },
          'a visibility record names no home and cannot be read: everything in the cache is checked once more',
        ),
    });
    let marking: MarkLoop | undefined;
    return {
      definitions,
      outputs: [],
      attach(app) {
        feed.attach(app);
        const everyMs = values.MARK_EVERY_MS;
        marking = new MarkLoop({ clock, everyMs, round: () => feed.round(), ...report.rounds, onFatal: crash });
        return () => undefined;
      },
      async close() {
        await marking?.stop();
        await sampling.stop();
        report.end();
        await Promise.all([redis.close(), catalog.close()]);
      },
    };
  },
});

/** Whoever applies changes must find them for as long as a value may live. */
async function waitForRetention(
  values: Config<typeof config>,
  waitFor: ServiceContext<typeof config>['waitFor'],
): Promise<void> {
  const ttls = values.FRESHNESS === 'events' ? Object.values(eventsModeTtls) : ttlsOf(values);
  const names = [...timedTopics, estimateUpdated.name];
  await waitFor(`Kafka at ${values.KAFKA_BROKERS.join(',')}`, 'how long it keeps the changes', async () =>
    checkRetention(
      await readTopicRetention({ brokers: values.KAFKA_BROKERS, clientId: 'invalidator' }, names),
      Math.max(...ttls),
    ),
  );
}

function ttlsOf(values: { ESTIMATE_TTL_ACTIVE_MS: number; ESTIMATE_TTL_OFF_MARKET_MS: number }): number[] {
  return [values.ESTIMATE_TTL_ACTIVE_MS, values.ESTIMATE_TTL_OFF_MARKET_MS];
}
