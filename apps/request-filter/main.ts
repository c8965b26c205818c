import { topics } from '@porchlight/contracts';
import { connectEstimateCache, storedAnswersOver } from '@porchlight/estimate-cache';
import { connectCatalog } from '@porchlight/property-catalog';
import { addressOf } from '@porchlight/service';
import { catchUpOf, runStreamApp } from '@porchlight/stream-app';
import { createMlsRules } from '@porchlight/visibility';
import { tracedCache, tracedCatalog } from '@porchlight/telemetry';
import { config } from './config.ts';
import { createMergedFacts } from './merged-facts.ts';
import { createRequestFilter } from './request-filter.task.ts';

/** Homes in one statement for the facts of several records. */
const STATEMENT_HOMES_MAX = 500;

await runStreamApp({
  name: 'request-filter',
  config,
  async wire({ config: values, telemetry, clock, waitFor }) {
    const { log, metrics } = telemetry;
    const redis = await waitFor(`Redis at ${addressOf(values.REDIS_URL)}`, 'tickets', () =>
      connectEstimateCache({
        url: values.REDIS_URL,
        topology: values.REDIS_TOPOLOGY,
        connectionName: 'request-filter',
        config: { keyGeneration: values.CACHE_KEY_GENERATION },
        onServerRefused: (reason) =>
          log.error({ code: 'CACHE_POLICY_REFUSED', reason }, 'this Redis would not be taken at the start any more'),
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
      cache: tracedCache(telemetry.tracing, redis.cache),
      ...(values.REDIS_TOPOLOGY === 'single' ? {} : { answersOf: storedAnswersOver(redis.cache) }),
      catalog: createMergedFacts(tracedCatalog(telemetry.tracing, catalog), {
        statementsMax: values.DATABASE_POOL_MAX,
        homesMax: STATEMENT_HOMES_MAX,
      }),
      rules,
      clock,
      quietMs: values.QUIET_MS,
      catchUp: catchUpOf(values),
      count: (outcome, amount) => homes.add(amount, { outcome }),
      onBehind: (behind) =>
        log.error(
          { code: 'FACTS_BEHIND_FENCE', homes: behind },
          'the database answers with older facts than the cache has seen: if it was restored or failed over, raise CACHE_KEY_GENERATION',
        ),
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
