import { databaseConfig, defineConfig, heartbeatFitsSession } from '@porchlight/service';
import { cacheConfig, streamConfig, warmUpConfig } from '@porchlight/stream-app';
import { z } from 'zod';

/** Every knob of this app; the README's table is printed from it. */
export const config = defineConfig(
  {
    ...streamConfig,
    ...cacheConfig,
    ...databaseConfig,
    QUIET_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(60_000)
      .default(2_000)
      .describe('a home that was a candidate is not looked at again for this long'),
    RULE_POLL_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(60_000)
      .default(5_000)
      .describe('pause between two readings of the MLS rules'),
    ...warmUpConfig,
  },
  [heartbeatFitsSession],
);
