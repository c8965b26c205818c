import { connectEstimateCache } from '@porchlight/estimate-cache';
import { connectCatalog } from '@porchlight/property-catalog';
import { addressOf } from '@porchlight/service';
import { runStreamApp } from '@porchlight/stream-app';
import { config } from './config.ts';
import { createInvalidator } from './invalidator.task.ts';

await runStreamApp({
  name: 'invalidator',
  config,
  async wire({ config: values, telemetry, waitFor }) {
    const redis = await waitFor(`Redis at ${addressOf(values.REDIS_URL)}`, 'the estimate cache', () =>
      connectEstimateCache({
        url: values.REDIS_URL,
        connectionName: 'invalidator',
        config: { keyGeneration: values.CACHE_KEY_GENERATION },
      }),
    );
    for (const warning of redis.warnings) telemetry.log.warn({}, warning);
    const catalog = connectCatalog({ databaseUrl: values.DATABASE_URL, poolMax: values.DATABASE_POOL_MAX });
    const changes = telemetry.metrics.counter('porchlight.invalidator.changes');
    const definitions = createInvalidator({
      cache: redis.cache,
      catalog,
      concurrentRecordsMax: values.CONCURRENT_RECORDS_MAX,
      count: (topic, outcome) => changes.add(1, { topic, outcome }),
      onUnreadableKey: (at) =>
        telemetry.log.error(
          { ...at, code: 'UNREADABLE_KEY' },
          'a visibility record names no home and cannot be read: its change may not be applied until TTLs end',
        ),
    });
    return {
      definitions,
      outputs: [],
      async close() {
        await Promise.all([redis.close(), catalog.close()]);
      },
    };
  },
});
