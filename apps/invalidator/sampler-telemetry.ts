import { bucketOf } from '@porchlight/estimate-cache';
import type { ServiceContext } from '@porchlight/service';
import type { config } from './config.ts';
import type { SamplerReport } from './sampler.ts';

type Telemetry = Pick<ServiceContext<typeof config>['telemetry'], 'log' | 'metrics'>;

/**
 * What the sampler tells, as metrics and log lines. A line names the bucket and the versions, never the home or its value:
 * the topic's records of that version lead to the home.
 */
export function samplerTelemetry({ log, metrics }: Telemetry): SamplerReport {
  const sampled = metrics.counter('porchlight.invalidator.sampled');
  const inconsistent = metrics.counter('porchlight.invalidator.inconsistent');
  return {
    sampled: (age, outcome) => sampled.add(1, { age, outcome }),
    inconsistent(age, kind, { topic, propertyId, half, version }, found) {
      inconsistent.add(1, { age, kind });
      if (kind !== 'below_fence') return;
      log.error(
        { code: 'CACHE_BELOW_FENCE', age, topic, half, version, found, bucket: bucketOf(propertyId) },
        'a cached value is older than a change that was applied: something brings back what was invalidated',
      );
    },
  };
}
