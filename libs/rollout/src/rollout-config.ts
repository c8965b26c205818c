import { z } from 'zod';
import { FLAGS_KEY } from './adapters/redis/redis-flag-store.ts';
import { FLAGS_POLL_MS } from './rollout.ts';

/** A change is in force within two seconds: one poll, one that is lost, and the time-outs of both. */
const POLL_MS_MAX = 1_000;

/** What every app has that evaluates flags, beside the address of Redis. */
export const rolloutConfig = {
  FLAGS_KEY: z
    .string()
    .min(1)
    .max(256)
    .default(FLAGS_KEY)
    .describe('where the feature flags lie in Redis; the same in all apps'),
  FLAGS_PATH: z
    .string()
    .min(1)
    .optional()
    .describe('file with feature flags, read once if Redis gives none at the start'),
  FLAGS_POLL_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(POLL_MS_MAX)
    .default(FLAGS_POLL_MS)
    .describe('how often the feature flags are read'),
};
