import { topics } from '@porchlight/contracts';
import { connectCatalog } from '@porchlight/property-catalog';
import { catchUpOf, runStreamApp } from '@porchlight/stream-app';
import { tracedCatalog } from '@porchlight/telemetry';
import { config } from './config.ts';
import { connectFlags } from './connect-flags.ts';
import { createForecaster } from './forecaster.task.ts';
import { planBySession } from './session-plan.ts';
import { createTileHomes } from './tile-homes.ts';

/** More than four of the densest real tile at zoom 16 have (951 each); a denser one is forecast by its first homes in order of id. */
const TILE_HOMES_MAX = 4_000;

await runStreamApp({
  name: 'forecaster',
  config,
  async wire(context) {
    const { config: values, telemetry, clock } = context;
    const flags = await connectFlags(context);
    const catalog = connectCatalog({ databaseUrl: values.DATABASE_URL, poolMax: values.DATABASE_POOL_MAX });
    const homes = telemetry.metrics.counter('porchlight.forecaster.homes');
    const forecaster = createForecaster({
      planOf: planBySession(flags.client, values.FORECAST_STRATEGY),
      tileHomes: createTileHomes({
        catalog: tracedCatalog(telemetry.tracing, catalog),
        clock,
        keepMs: values.TILE_LIST_KEEP_MS,
        homesMax: values.TILE_LIST_HOMES_MAX,
        perTileMax: TILE_HOMES_MAX,
      }),
      homesPerForecastMax: values.HOMES_PER_FORECAST_MAX,
      catchUp: catchUpOf(values),
      count: (outcome, amount, strategy) => homes.add(amount, { outcome, strategy }),
    });
    return {
      definitions: [forecaster],
      outputs: [topics.warmupCandidates, topics.forecasterChangelog],
      stateDir: values.STATE_DIR,
      async close() {
        await flags.close();
        await catalog.close();
      },
    };
  },
});
