import { topics } from '@porchlight/contracts';
import { connectEstimateCache } from '@porchlight/estimate-cache';
import { connectCatalog } from '@porchlight/property-catalog';
import { addressOf } from '@porchlight/service';
import { runStreamApp } from '@porchlight/stream-app';
import { createMlsRules } from '@porchlight/visibility';
import { config } from './config.ts';
import { createRequestFilter } from './request-filter.task.ts';

await runStreamApp({
  name: 'request-filter',
  config,
  async wire({ config: values, telemetry, clock, waitFor }) {
    const { log, metrics } = telemetry;
    const redis = await waitFor(`Redis at ${addressOf(values.REDIS_URL)}`, 'tickets', () =>
      connectEstimateCache({
        url: values.REDIS_URL,
        connectionName: 'request-filter',
        config: { keyGeneration: values.CACHE_KEY_GENERATION },
        onRejected: (reason) => metrics.counter('porchlight.cache.rejected').add(1, { reason }),
      }),
    );
    for (const warning of redis.warnings) log.warn({}, warning);
    const catalog = connectCatalog({ databaseUrl: values.DATABASE_URL, poolMax: values.DATABASE_POOL_MAX });
    const onError = (error: unknown) => log.warn({ error }, 'the MLS rules could not be read; tried again');
    const rules = createMlsRules({ catalog, pollMs: values.RULE_POLL_MS, clock, onError });
    // Without rules every home of an MLS would count as hidden.
    await waitFor(`PostgreSQL at ${addressOf(values.DATABASE_URL)}`, 'the MLS rules', () => rules.load());
    rules.start();
    const homes = metrics.counter('porchlight.request_filter.homes');
    const filter = createRequestFilter({
      cache: redis.cache,
      catalog,
      rules,
      clock,
      quietMs: values.QUIET_MS,
      count: (outcome, amount) => homes.add(amount, { outcome }),
    });
    return {
      definitions: [filter],
      outputs: [topics.warmupRequests],
      async close() {
        rules.stop();
        await Promise.all([redis.close(), catalog.close()]);
      },
    };
  },
});
