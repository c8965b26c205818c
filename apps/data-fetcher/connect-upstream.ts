import { upstreamBudgetKeyOf, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { connectEstimateSource, SYNC_TIMEOUT_MS, WARM_QUEUE_MS, WARM_TIMEOUT_MS } from '@porchlight/estimate-source';
import type { Config, ServiceContext } from '@porchlight/service';
import { mergedCallsOf } from '@porchlight/telemetry';
import { disciplineOf, upstreamMeterOf } from '@porchlight/stream-app';
import type { config } from './config.ts';

export interface UpstreamParts extends Pick<ServiceContext<typeof config>, 'telemetry' | 'clock'> {
  readonly values: Config<typeof config>;
  readonly redis: Pick<EstimateCacheConnection, 'scripts'>;
}

/**
 * Upstream as warm-ups may use it: what users leave of the fleet's budget, and nothing while it is slow. A call that takes longer
 * than a user would wait counts against it: when upstream slows down, warm-ups go first. No retries: one would hold a place until the
 * deadline and add to the trouble.
 */
export function connectUpstream({ values, telemetry, clock, redis }: UpstreamParts) {
  const { budget, breaker } = disciplineOf(values);
  return connectEstimateSource({
    http: {
      url: values.UPSTREAM_URL,
      apiKey: values.UPSTREAM_API_KEY,
      timeoutMs: WARM_TIMEOUT_MS,
      connectionsMax: values.UPSTREAM_REQUESTS_MAX,
    },
    fleet: { runner: redis.scripts, key: upstreamBudgetKeyOf(values.CACHE_KEY_GENERATION) },
    discipline: {
      budget,
      breaker: { ...breaker, slowMs: SYNC_TIMEOUT_MS },
      retryShare: 0,
      lane: 'background',
      clock,
      meter: upstreamMeterOf(telemetry.metrics),
      log: telemetry.log,
    },
    batching: {
      lingerMs: values.BATCH_LINGER_MS,
      requestsInFlightMax: values.UPSTREAM_REQUESTS_MAX,
      backgroundInFlightMax: values.UPSTREAM_REQUESTS_MAX,
      queueMs: WARM_QUEUE_MS,
      merged: mergedCallsOf(telemetry.tracing),
    },
  });
}
