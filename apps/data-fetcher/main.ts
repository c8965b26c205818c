import { topics } from '@porchlight/contracts';
import { connectEstimateCache, reachedAnswersOver } from '@porchlight/estimate-cache';
import { addressOf } from '@porchlight/service';
import type { StreamApp } from '@porchlight/stream';
import { catchUpOf, observeUpstream, runStreamApp } from '@porchlight/stream-app';
import { tracedCache, tracedSource } from '@porchlight/telemetry';
import { config } from './config.ts';
import { connectUpstream } from './connect-upstream.ts';
import { createDataFetcher } from './data-fetcher.task.ts';
import { areOutputsBlocked } from './outputs-blocked.ts';

await runStreamApp({
  name: 'data-fetcher',
  config,
  async wire({ config: values, telemetry, clock, waitFor }) {
    const redis = await waitFor(`Redis at ${addressOf(values.REDIS_URL)}`, 'tickets', () =>
      connectEstimateCache({
        url: values.REDIS_URL,
        topology: values.REDIS_TOPOLOGY,
        connectionName: 'data-fetcher',
        config: { keyGeneration: values.CACHE_KEY_GENERATION },
        onServerRefused: (reason) =>
          telemetry.log.error(
            { code: 'CACHE_POLICY_REFUSED', reason },
            'this Redis would not be taken at the start any more',
          ),
      }),
    );
    for (const warning of redis.warnings) telemetry.log.warn({}, warning);
    const upstream = connectUpstream({ values, telemetry, clock, redis });
    const endGauges = observeUpstream(telemetry.metrics, upstream);
    let app: StreamApp | undefined;
    const homes = telemetry.metrics.counter('porchlight.data_fetcher.homes');
    const fetcher = createDataFetcher({
      cache: tracedCache(telemetry.tracing, redis.cache),
      ...(values.REDIS_TOPOLOGY === 'single' ? {} : { answersOf: reachedAnswersOver(redis.cache) }),
      progress: redis.progress,
      source: tracedSource(telemetry.tracing, upstream.source),
      upstream,
      outputsBlocked: () => app !== undefined && areOutputsBlocked(app.state()),
      clock,
      concurrentRecordsMax: values.CONCURRENT_RECORDS_MAX,
      catchUp: catchUpOf(values),
      count: (outcome, amount) => homes.add(amount, { outcome }),
    });
    return {
      definitions: [fetcher],
      outputs: [topics.warmupEstimates],
      attach(running) {
        app = running;
        return () => undefined;
      },
      async close() {
        endGauges();
        await Promise.all([upstream.close(), redis.close()]);
      },
    };
  },
});
