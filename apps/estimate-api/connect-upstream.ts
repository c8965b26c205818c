import { upstreamBudgetKeyOf, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { connectEstimateSource } from '@porchlight/estimate-source';
import type { Config, ServiceContext } from '@porchlight/service';
import { mergedCallsOf } from '@porchlight/telemetry';
import { disciplineOf, observeUpstream, upstreamMeterOf } from '@porchlight/stream-app';
import type { config } from './config.ts';

/**
 * Upstream as users' misses use it: the queue and the batches, then the discipline (a pause, the breaker, the fleet's budget, a
 * retry), then the wire.
 */
export function connectUpstream(
  context: Pick<ServiceContext<typeof config>, 'telemetry' | 'clock'> & { readonly config: Config<typeof config> },
  redis: Pick<EstimateCacheConnection, 'scripts'>,
) {
  const { config: values, telemetry, clock } = context;
  const hedges = telemetry.metrics.counter('porchlight.upstream.hedges');
  const upstream = connectEstimateSource({
    http: {
      url: values.UPSTREAM_URL,
      apiKey: values.UPSTREAM_API_KEY,
      timeoutMs: values.UPSTREAM_TIMEOUT_MS,
      connectionsMax: values.UPSTREAM_REQUESTS_MAX,
    },
    fleet: { runner: redis.scripts, key: upstreamBudgetKeyOf(values.CACHE_KEY_GENERATION) },
    discipline: {
      ...disciplineOf(values),
      retryShare: values.UPSTREAM_RETRY_PERCENT / 100,
      clock,
      meter: upstreamMeterOf(telemetry.metrics),
      log: telemetry.log,
    },
    hedging: {
      share: values.UPSTREAM_HEDGE_PERCENT / 100,
      afterMs: values.UPSTREAM_HEDGE_AFTER_MS,
      onHedged: (outcome) => hedges.add(1, { outcome }),
    },
    batching: {
      lingerMs: values.BATCH_LINGER_MS,
      requestsInFlightMax: values.UPSTREAM_REQUESTS_MAX,
      waitersMax: values.UPSTREAM_WAITERS_MAX,
      merged: mergedCallsOf(telemetry.tracing),
    },
  });
  const endGauges = observeUpstream(telemetry.metrics, upstream);
  return {
    source: upstream.source,
    refusesBackground: () => upstream.refusalOf('background') !== null,
    async close() {
      endGauges();
      await upstream.close();
    },
  };
}
