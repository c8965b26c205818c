import { connectRollout, type ConnectedRollout } from '@porchlight/rollout';
import type { Config, ServiceContext } from '@porchlight/service';
import type { config } from '../config.ts';
import { flagsMeterOf } from '../meters.ts';

type Context = Pick<ServiceContext<typeof config>, 'config' | 'telemetry' | 'clock'>;

const optionsOf = (values: Config<typeof config>) => ({
  redis: {
    url: values.REDIS_URL,
    topology: values.REDIS_TOPOLOGY,
    key: values.FLAGS_KEY,
    connectionName: 'estimate-api-flags',
  },
  pollMs: values.FLAGS_POLL_MS,
  ...(values.FLAGS_PATH === undefined ? {} : { filePath: values.FLAGS_PATH }),
});

/**
 * The feature flags of this process, read once and followed from then on. Nobody is waited for longer than one reading takes.
 *
 * Asked directly, and not through OpenFeature's client: that is a chain of promises for each flag, on the path of a hit.
 */
export async function startFlags({ config: values, telemetry, clock }: Context): Promise<ConnectedRollout> {
  const { metrics, log } = telemetry;
  const flags = connectRollout({
    ...optionsOf(values),
    clock,
    log,
    onReading: flagsMeterOf(metrics, () => flags.rollout),
  });
  await flags.rollout.start();
  return flags;
}
