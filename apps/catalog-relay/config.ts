import { databaseConfig, defineConfig, kafkaConfig, serviceConfig } from '@porchlight/service';
import { z } from 'zod';

/** Every knob of this app; the README table is printed from it. */
export const config = defineConfig({
  ...serviceConfig,
  KAFKA_BROKERS: kafkaConfig.KAFKA_BROKERS,
  SCHEMA_REGISTRY_URL: kafkaConfig.SCHEMA_REGISTRY_URL,
  DATABASE_URL: databaseConfig.DATABASE_URL,
  POLL_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(5_000)
    .default(900)
    .describe('longest pause between two rounds, and between two tries to lead: T moves each second in any case'),
  ROUND_ROWS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(5_000)
    .default(500)
    .describe('outbox rows published and deleted at a time'),
  SESSION_IDLE_MS_MAX: z.coerce
    .number()
    .int()
    .min(6_000)
    .max(600_000)
    .default(15_000)
    .describe('a relay that is silent for so long is hung: PostgreSQL ends its session, and another leads'),
});
