import { defineConfig, heartbeatFitsSession, secret } from '@porchlight/service';
import { cacheConfig, streamConfig, warmUpConfig } from '@porchlight/stream-app';
import { z } from 'zod';

/** Every knob of this app; the README's table is printed from it. */
export const config = defineConfig(
  {
    ...streamConfig,
    ...cacheConfig,
    UPSTREAM_URL: z.url({ protocol: /^https?$/ }).describe('the paid valuation API'),
    UPSTREAM_API_KEY: secret(z.string().min(1)).describe('its key, sent as x-api-key'),
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
