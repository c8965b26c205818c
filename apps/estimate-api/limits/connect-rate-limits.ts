import { connectTopology } from '@porchlight/estimate-cache';
import { addressOf as printedAddressOf, type Config, type ServiceContext } from '@porchlight/service';
import type { config } from '../config.ts';
import type { Policy, RateLimits } from './port.ts';
import { createRateLimits } from './rate-limits.ts';
import { redisUnitStore } from './redis-unit-store.adapter.ts';

type Context = Pick<ServiceContext<typeof config>, 'config' | 'telemetry' | 'clock' | 'waitFor'>;

const MS_PER_SECOND = 1_000;

/** How often it is said at most that Redis does not count. */
const TELL_MS = 10_000;

export const policiesOf = (values: Config<typeof config>): readonly Policy[] => [
  { name: 'address', units: values.RATE_ADDRESS_UNITS },
  { name: 'caller', units: values.RATE_CALLER_UNITS },
  { name: 'service', units: values.RATE_SERVICE_UNITS },
];

/** Rate limits on a connection of their own: counting never stands before a cached home. */
export async function connectRateLimits(context: Context): Promise<{ limits: RateLimits; close(): Promise<void> }> {
  const { config: values, clock, waitFor } = context;
  const redis = await waitFor(`Redis at ${printedAddressOf(values.REDIS_URL)}`, 'the rate limits', () =>
    connectTopology({
      url: values.REDIS_URL,
      topology: values.REDIS_TOPOLOGY,
      connectionName: 'estimate-api-rates',
      keyGeneration: values.CACHE_KEY_GENERATION,
    }),
  );
  const policies = policiesOf(values);
  const limits = createRateLimits({
    policies,
    windowMs: values.RATE_WINDOW_S * MS_PER_SECOND,
    store: redisUnitStore({
      policies,
      windowSeconds: values.RATE_WINDOW_S,
      transport: redis.transport,
      onAlone: tellAlone(context),
    }),
    hmacKey: values.SESSION_HMAC_KEY,
    // Goes on evenly: a host's clock that is set back must not make a window last for an hour.
    clock: { now: () => performance.now(), after: (delayMs, run) => clock.after(delayMs, run) },
  });
  return {
    limits,
    async close() {
      limits.stop();
      await redis.close();
    },
  };
}

function tellAlone({ telemetry: { log, metrics }, clock }: Context): () => void {
  const alone = metrics.counter('porchlight.estimate_api.limits.alone');
  let toldAt = Number.NEGATIVE_INFINITY;
  return () => {
    alone.add(1);
    if (clock.now() - toldAt < TELL_MS) return;
    toldAt = clock.now();
    log.warn({ code: 'LIMITS_ALONE' }, 'Redis does not count: each process keeps the rate limits by itself');
  };
}
