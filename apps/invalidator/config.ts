import { databaseConfig, defineConfig, heartbeatFitsSession } from '@porchlight/service';
import { cacheConfig, streamConfig, ttlConfig } from '@porchlight/stream-app';
import { z } from 'zod';

/** Every knob of this app; the README's table is printed from it. */
export const config = defineConfig(
  {
    ...streamConfig,
    ...cacheConfig,
    ...ttlConfig,
    ...databaseConfig,
    CONCURRENT_RECORDS_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .max(500)
      .default(64)
      .describe('changes of one partition that are applied at once'),
    MARK_EVERY_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(10_000)
      .default(1_000)
      .describe(
        'how often every bucket of Redis is told how far its changes are applied; far below FEED_STALE_MS of estimate-api',
      ),
  },
  [heartbeatFitsSession],
);
