import { addressOf, runService } from '@porchlight/service';
import { optionsOf, simulatorConfig } from './config.ts';
import { createSimulator } from './simulator.ts';

await runService({
  name: 'upstream-simulator',
  config: simulatorConfig,
  async start({ config, telemetry }) {
    const simulator = await createSimulator(optionsOf(config));
    telemetry.log.info({ homes: simulator.homes() }, `sells estimates at ${addressOf(simulator.url)}`);
    return { stop: () => simulator.close() };
  },
});
