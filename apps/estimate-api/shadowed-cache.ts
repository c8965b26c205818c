import type { EstimateCache } from '@porchlight/estimate-cache';
import type { ServiceContext } from '@porchlight/service';
import type { config } from './config.ts';
import { ShadowComparison, type ShadowPorts } from './shadow.ts';

type Context = Pick<ServiceContext<typeof config>, 'config' | 'telemetry' | 'clock'>;

/** The cache itself, or, with SHADOW_PERCENT above 0, with that share of its hits compared behind their answers' backs. */
export function shadowedCache(
  { config: { SHADOW_PERCENT: percent }, telemetry, clock }: Context,
  cache: EstimateCache,
  catalog: ShadowPorts['catalog'],
): EstimateCache {
  if (percent === 0) return cache;
  const shadowed = telemetry.metrics.counter('porchlight.estimate_api.shadowed');
  const shadow = new ShadowComparison({
    cache,
    catalog,
    count: (outcome, homes) => shadowed.add(homes, { outcome }),
    random: Math.random,
    delay: (ms) => new Promise((resolve) => void clock.after(ms, resolve)),
    percent,
  });
  return shadow.around(cache);
}
