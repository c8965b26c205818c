import { topics } from '@porchlight/contracts';
import { connectEstimateCache } from '@porchlight/estimate-cache';
import { batchingSource, httpEstimateSource, WARM_QUEUE_MS, WARM_TIMEOUT_MS } from '@porchlight/estimate-source';
import { addressOf } from '@porchlight/service';
import type { StreamApp } from '@porchlight/stream';
import { catchUpOf, runStreamApp } from '@porchlight/stream-app';
import { config } from './config.ts';
import { createDataFetcher } from './data-fetcher.task.ts';
import { areOutputsBlocked } from './outputs-blocked.ts';
import { createPaidSource } from './paid-source.ts';
import { createUpstreamPause } from './upstream-pause.ts';

const MS_PER_SECOND = 1_000;

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
      }),
    );
    for (const warning of redis.warnings) telemetry.log.warn({}, warning);
    const upstream = httpEstimateSource({
      url: values.UPSTREAM_URL,
      apiKey: values.UPSTREAM_API_KEY,
      timeoutMs: WARM_TIMEOUT_MS,
      connectionsMax: values.UPSTREAM_REQUESTS_MAX,
    });
    const duration = telemetry.metrics.histogram('porchlight.data_fetcher.upstream.duration');
    const pause = createUpstreamPause(clock);
    const paid = createPaidSource(upstream, {
      clock,
      pause,
      onCall: (outcome, durationMs) => duration.record(durationMs / MS_PER_SECOND, { outcome }),
    });
    let app: StreamApp | undefined;
    const homes = telemetry.metrics.counter('porchlight.data_fetcher.homes');
    const fetcher = createDataFetcher({
      cache: redis.cache,
      progress: redis.progress,
      source: batchingSource(paid, {
        lingerMs: values.BATCH_LINGER_MS,
        requestsInFlightMax: values.UPSTREAM_REQUESTS_MAX,
        queueMs: WARM_QUEUE_MS,
        timeoutMs: WARM_TIMEOUT_MS,
      }),
      pause,
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
        await Promise.all([upstream.close(), redis.close()]);
      },
    };
  },
});
