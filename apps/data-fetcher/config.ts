import { defineConfig, heartbeatFitsSession } from '@porchlight/service';
import { cacheConfig, streamConfig, upstreamConfig, warmUpConfig } from '@porchlight/stream-app';
import { z } from 'zod';

/** Every knob of this app; the README's table is printed from it. */
export const config = defineConfig(
  {
    ...streamConfig,
    ...cacheConfig,
    ...upstreamConfig,
    UPSTREAM_REQUESTS_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .max(256)
      .default(8)
      .describe('paid calls at once, of this process'),
    BATCH_LINGER_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(1_000)
      .default(10)
      .describe('how long the first record of a paid call waits for others'),
    CONCURRENT_RECORDS_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .max(500)
      .default(32)
      .describe('records of one partition that are worked on at once'),
    ...warmUpConfig,
  },
  [heartbeatFitsSession],
);
