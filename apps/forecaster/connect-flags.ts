import { OpenFeature } from '@openfeature/server-sdk';
import { connectRollout, type Rollout } from '@porchlight/rollout';
import { openFeatureProvider } from '@porchlight/rollout/openfeature';
import type { Config, ServiceContext } from '@porchlight/service';
import type { Metrics } from '@porchlight/telemetry';
import type { config } from './config.ts';
import type { FlagClient } from './session-plan.ts';

type Context = Pick<ServiceContext<typeof config>, 'config' | 'telemetry' | 'clock'>;

const DOMAIN = 'forecaster';
const MS_PER_SECOND = 1_000;

const placeOf = ({ REDIS_URL: url, REDIS_TOPOLOGY: topology, FLAGS_KEY: key }: Config<typeof config>) =>
  url === undefined ? {} : { redis: { url, topology, key, connectionName: `${DOMAIN}-flags` } };

/** The feature flags of this process, followed from here on. Nobody is waited for longer than one reading takes. */
export async function connectFlags({ config: values, telemetry, clock }: Context): Promise<{
  readonly client: FlagClient;
  close(): Promise<void>;
}> {
  const { log, metrics } = telemetry;
  const readings = metrics.counter('porchlight.flags.readings');
  const flags = connectRollout({
    ...placeOf(values),
    ...(values.FLAGS_PATH === undefined ? {} : { filePath: values.FLAGS_PATH }),
    pollMs: values.FLAGS_POLL_MS,
    clock,
    log,
    onReading: (reading) => readings.add(1, { reading }),
  });
  observeFlags(metrics, flags.rollout);
  await OpenFeature.setProviderAndWait(DOMAIN, openFeatureProvider(flags.rollout));
  return {
    client: OpenFeature.getClient(DOMAIN),
    async close() {
      await OpenFeature.close();
      await flags.close();
    },
  };
}

function observeFlags(metrics: Metrics, rollout: Rollout): void {
  metrics.gauge('porchlight.flags.version').observe(() => {
    const { version, origin } = rollout.state();
    return [{ value: version, attributes: { origin } }];
  });
  metrics.gauge('porchlight.flags.read.age').observe(() => {
    const { readAgoMs } = rollout.state();
    return readAgoMs === null ? [] : [{ value: readAgoMs / MS_PER_SECOND }];
  });
}
