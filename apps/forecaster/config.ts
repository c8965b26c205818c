import { rolloutConfig } from '@porchlight/rollout';
import { databaseConfig, defineConfig, heartbeatFitsSession, redisConfig, secret } from '@porchlight/service';
import { stateConfig, streamConfig, warmUpConfig } from '@porchlight/stream-app';
import { z } from 'zod';
import { strategyNames } from './strategies/registry.ts';

/** Every knob of this app; the README's table is printed from it. */
export const config = defineConfig(
  {
    ...streamConfig,
    ...databaseConfig,
    ...stateConfig,
    REDIS_URL: secret(redisConfig.REDIS_URL.optional()).describe(
      'where the feature flags lie, as in all apps; without it they come from FLAGS_PATH, or everything is as usual',
    ),
    REDIS_TOPOLOGY: redisConfig.REDIS_TOPOLOGY,
    ...rolloutConfig,
    FORECAST_STRATEGY: z
      .enum(strategyNames)
      .default('next-views')
      .describe(
        'where the map may go next: the eight neighbours, a margin of half a viewport, or likely next views; the flag forecast.strategy may say another for a session',
      ),
    HOMES_PER_FORECAST_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .max(5_000)
      .default(800)
      .describe('homes that one viewport may ask for, nearest or likeliest first'),
    TILE_LIST_KEEP_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(3_600_000)
      .default(60_000)
      .describe('how long the list of a tile’s homes is good'),
    TILE_LIST_HOMES_MAX: z.coerce
      .number()
      .int()
      .min(1_000)
      .max(5_000_000)
      .default(150_000)
      .describe('homes held in those lists over all tiles, about 150 bytes each'),
    ...warmUpConfig,
  },
  [heartbeatFitsSession],
);
