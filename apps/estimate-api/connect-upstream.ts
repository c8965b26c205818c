import { upstreamBudgetKeyOf, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { batchingSource, disciplinedSource, httpEstimateSource, redisBudgetStore } from '@porchlight/estimate-source';
import type { Config, ServiceContext } from '@porchlight/service';
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
  const http = httpEstimateSource({
    url: values.UPSTREAM_URL,
    apiKey: values.UPSTREAM_API_KEY,
    timeoutMs: values.UPSTREAM_TIMEOUT_MS,
    connectionsMax: values.UPSTREAM_REQUESTS_MAX,
  });
  const { budget, breaker } = disciplineOf(values);
  const store = redisBudgetStore({ runner: redis.scripts, key: upstreamBudgetKeyOf(values.CACHE_KEY_GENERATION) });
  const disciplined = disciplinedSource(http, {
    budget: { ...budget, store },
    breaker,
    retryShare: values.UPSTREAM_RETRY_PERCENT / 100,
    clock,
    meter: upstreamMeterOf(telemetry.metrics),
    log: telemetry.log,
  });
  const source = batchingSource(disciplined, {
    lingerMs: values.BATCH_LINGER_MS,
    requestsInFlightMax: values.UPSTREAM_REQUESTS_MAX,
    waitersMax: values.UPSTREAM_WAITERS_MAX,
    timeoutMs: values.UPSTREAM_TIMEOUT_MS,
  });
  const endGauges = observeUpstream(telemetry.metrics, {
    ...disciplined,
    inFlight: source.inFlight,
    waiting: source.waiting,
  });
  return {
    source,
    refusesBackground: () => disciplined.refusalOf('background') !== null,
    async close() {
      endGauges();
      await http.close();
    },
  };
}
