import { databaseConfig, defineConfig, heartbeatFitsSession } from '@porchlight/service';
import { cacheConfig, streamConfig } from '@porchlight/stream-app';
import { z } from 'zod';

/** Every knob of this app; the README's table is printed from it. */
export const config = defineConfig(
  {
    ...streamConfig,
    ...cacheConfig,
    ...databaseConfig,
    CONCURRENT_RECORDS_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .max(500)
      .default(64)
      .describe('changes of one partition that are applied at once'),
  },
  [heartbeatFitsSession],
);
