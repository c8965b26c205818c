import { redisConfig } from '@porchlight/service';
import { z } from 'zod';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Above the life of a ticket (2 min), also after the widest jitter (10 %): a fill that comes late must have something to store. */
const TTL_MS_MIN = 2.5 * MINUTE_MS;
const MONTH_MS = 30 * 24 * HOUR_MS;

/** What every app has that works with the estimate cache: the same values in all of them. */
export const cacheConfig = {
  ...redisConfig,
  CACHE_KEY_GENERATION: z
    .string()
    .regex(/^[a-z0-9]{1,16}$/)
    .default('e1')
    .describe('first part of every key; raise it in all apps at once to forget everything'),
};

/** What every app has that fills the cache; a fill's lifetime must not depend on who filled. */
export const ttlConfig = {
  FRESHNESS: z
    .enum(['ttl', 'events'])
    .default('ttl')
    .describe('what keeps estimates true: their TTL, or estimate.updated (then TTLs are 24 h and 7 d)'),
  ESTIMATE_TTL_ACTIVE_MS: z.coerce
    .number()
    .int()
    .min(TTL_MS_MIN)
    .max(MONTH_MS)
    .default(5 * MINUTE_MS)
    .describe('lifetime of the estimate of a home for sale, with FRESHNESS=ttl'),
  ESTIMATE_TTL_OFF_MARKET_MS: z.coerce
    .number()
    .int()
    .min(TTL_MS_MIN)
    .max(MONTH_MS)
    .default(4 * HOUR_MS)
    .describe('lifetime of the estimate of any other home, with FRESHNESS=ttl'),
};
