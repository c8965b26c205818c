import { connectEstimateCache, eventsModeTtls, storedAnswersOver } from '@porchlight/estimate-cache';
import { addressOf, type Config } from '@porchlight/service';
import { runStreamApp } from '@porchlight/stream-app';
import { tracedCache } from '@porchlight/telemetry';
import { config } from './config.ts';
import { createDataWriter, type WriterOutcome } from './data-writer.task.ts';
import { UnreachedHomes } from './unreached-homes.ts';
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
  async wire({ config: values, telemetry, clock, waitFor, crash }) {
    const { log, metrics } = telemetry;
    const redis = await waitFor(`Redis at ${addressOf(values.REDIS_URL)}`, 'the estimate cache', () =>
      connectEstimateCache({
        url: values.REDIS_URL,
        topology: values.REDIS_TOPOLOGY,
        connectionName: 'data-writer',
        config: { keyGeneration: values.CACHE_KEY_GENERATION, ...lifetimesOf(values) },
        onServerRefused: (reason) =>
          log.error({ code: 'CACHE_POLICY_REFUSED', reason }, 'this Redis would not be taken at the start any more'),
      }),
    );
    for (const warning of redis.warnings) log.warn({}, warning);
    const fills = metrics.counter('porchlight.data_writer.fills');
    const warmup = metrics.histogram('porchlight.data_writer.warmup.duration');
    const pipeline = metrics.histogram('porchlight.data_writer.pipeline.duration');
    const count = (outcome: WriterOutcome, homes: number): void => fills.add(homes, { outcome });
    const unreached = new UnreachedHomes({
      cache: redis.cache,
      clock,
      onGivenUp: (homes) => count('unreachable', homes),
      onWaiting: () => log.warn({}, 'a part of Redis does not answer: its homes wait, the others are written'),
      onNoLonger: () => log.info({}, 'no home waits for a part of Redis any more'),
      onFatal: crash,
    });
    const writer = createDataWriter({
      cache: tracedCache(telemetry.tracing, redis.cache),
      clock,
      count,
      unreached,
      ...(values.REDIS_TOPOLOGY === 'single' ? {} : { answersOf: storedAnswersOver(redis.cache) }),
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
      async close() {
        await unreached.stop();
        await redis.close();
      },
    };
  },
});
