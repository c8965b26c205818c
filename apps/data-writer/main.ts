import { connectEstimateCache, eventsModeTtls } from '@porchlight/estimate-cache';
import { addressOf, type Config } from '@porchlight/service';
import { runStreamApp } from '@porchlight/stream-app';
import { config } from './config.ts';
import { createDataWriter } from './data-writer.task.ts';
import type { WarmupTime } from './warmup-times.ts';
import { startWriterHeartbeat } from './writer-heartbeat.ts';

const MS_PER_SECOND = 1_000;

const lifetimesOf = (values: Config<typeof config>) =>
  values.FRESHNESS === 'events'
    ? eventsModeTtls
    : {
        estimateTtlActiveMs: values.ESTIMATE_TTL_ACTIVE_MS,
        estimateTtlOffMarketMs: values.ESTIMATE_TTL_OFF_MARKET_MS,
      };

await runStreamApp({
  name: 'data-writer',
  config,
  async wire({ config: values, telemetry, clock, waitFor }) {
    const { log, metrics } = telemetry;
    const redis = await waitFor(`Redis at ${addressOf(values.REDIS_URL)}`, 'the estimate cache', () =>
      connectEstimateCache({
        url: values.REDIS_URL,
        topology: values.REDIS_TOPOLOGY,
        connectionName: 'data-writer',
        config: { keyGeneration: values.CACHE_KEY_GENERATION, ...lifetimesOf(values) },
      }),
    );
    for (const warning of redis.warnings) log.warn({}, warning);
    const fills = metrics.counter('porchlight.data_writer.fills');
    const warmup = metrics.histogram('porchlight.data_writer.warmup.duration');
    const pipeline = metrics.histogram('porchlight.data_writer.pipeline.duration');
    const writer = createDataWriter({
      cache: redis.cache,
      clock,
      count: (outcome, homes) => fills.add(homes, { outcome }),
      onWarm({ warmupMs, pipelineMs }: WarmupTime) {
        warmup.record(warmupMs / MS_PER_SECOND);
        if (pipelineMs !== null) pipeline.record(pipelineMs / MS_PER_SECOND);
      },
    });
    return {
      definitions: [writer],
      outputs: [],
      attach: (app) =>
        startWriterHeartbeat({
          progress: redis.progress,
          clock,
          state: () => app.state(),
          sessionMs: values.KAFKA_SESSION_TIMEOUT_MS,
          onLost: (error) => log.warn({ error }, 'progress cannot be written: data-fetcher stops paying soon'),
          onBack: () => log.info({}, 'progress is written again'),
        }),
      close: () => redis.close(),
    };
  },
});
