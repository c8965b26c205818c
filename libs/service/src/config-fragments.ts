import { z } from 'zod';
import { secret } from './config.ts';

const BROKER = /^[^\s:,]+:\d{1,5}$/;

/** A comma-separated list of host:port, as an array. */
export const brokerList = z
  .string()
  .transform((text) => text.split(',').map((broker) => broker.trim()))
  .pipe(z.array(z.string().regex(BROKER, 'each broker must be host:port')).min(1));

/** `name=value` pairs as OpenTelemetry writes them: commas between, values percent-encoded. */
const HEADERS =
  /^[\w!#$&'*+.^`|~-]+=(?:[^\s,;%]|%[0-7][0-9a-f])+(?:,[\w!#$&'*+.^`|~-]+=(?:[^\s,;%]|%[0-7][0-9a-f])+)*$/i;

/** An endpoint is shown where settings are shown. */
const hasUserInfo = (url: string): boolean => URL.canParse(url) && new URL(url).username + new URL(url).password !== '';

/** Traces, by the names that OpenTelemetry gives them. Without an endpoint nothing of it is loaded. */
export const tracingConfig = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => !hasUserInfo(url),
      'must name no user: credentials go into OTEL_EXPORTER_OTLP_HEADERS, which is kept secret',
    )
    .optional()
    .describe('a collector, OTLP over HTTP, /v1/traces is added; without it nothing is traced'),
  OTEL_EXPORTER_OTLP_HEADERS: secret(z.string().regex(HEADERS, 'must be name=value[,name=value...], percent-encoded'))
    .optional()
    .describe('what the collector wants to be sent, name=value after commas'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('share of the traces that begin here which are recorded; one that began elsewhere is, if it is there'),
};

/** What every process has. */
export const serviceConfig = {
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('the lowest level that is logged'),
  METRICS_HOST: z
    .string()
    .min(1)
    .default('0.0.0.0')
    .describe('address that /livez, /readyz and /metrics listen on; 127.0.0.1 on a shared machine'),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(9464).describe('their port; 0: any free one'),
  DRAIN_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(600_000)
    .default(25_000)
    .describe('how long a stop may take to finish what was begun; below the grace period of the orchestrator'),
  ...tracingConfig,
};

/** A broker refuses to let a member join with less, unless its group.min.session.timeout.ms says otherwise. */
const SESSION_MS_MIN = 6_000;

/** What every process has that speaks to Kafka. */
export const kafkaConfig = {
  KAFKA_BROKERS: brokerList.describe('comma-separated host:port list of brokers'),
  SCHEMA_REGISTRY_URL: z.url({ protocol: /^https?$/ }).describe('the schema registry, Confluent API v7'),
  KAFKA_SESSION_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(SESSION_MS_MIN)
    .max(600_000)
    .default(30_000)
    .describe('after this silence a consumer counts as dead and its partitions move'),
  KAFKA_HEARTBEAT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(2_000)
    .describe('how often a consumer says that it lives; at most a third of the session timeout'),
};

/** One host, or after commas some nodes of a cluster. */
const REDIS_ADDRESS = /^rediss?:\/\/(?:[^@/\s]*@)?[^@/,\s]+(?:,[^@/,\s]+)*(?:\/\d*)?$/;
const redisAddress = z
  .string()
  .refine((text) => REDIS_ADDRESS.test(text), 'must be redis://[user:password@]host:port[,host:port...]')
  .meta({ format: 'uri' });

/** What every process has that speaks to Redis. */
export const redisConfig = {
  REDIS_URL: secret(redisAddress).describe('the estimate cache; of a Redis Cluster some nodes, redis://a:6379,b:6379'),
  REDIS_TOPOLOGY: z
    .enum(['single', 'cluster', 'envoy'])
    .default('single')
    .describe('one Redis, a Redis Cluster by its own nodes, or an Envoy (deploy/envoy)'),
};

/** What every process has that speaks to the property database. */
export const databaseConfig = {
  DATABASE_URL: secret(z.url({ protocol: /^postgres(ql)?$/ })).describe('the property database; always the primary'),
  DATABASE_POOL_MAX: z.coerce.number().int().min(1).max(100).default(4).describe('connections of this process to it'),
};

const HEARTBEATS_IN_SESSION = 3;

/** A check for `defineConfig`: one lost heartbeat must not cost the partitions. */
export const heartbeatFitsSession = (config: {
  KAFKA_SESSION_TIMEOUT_MS: number;
  KAFKA_HEARTBEAT_MS: number;
}): string | undefined =>
  config.KAFKA_HEARTBEAT_MS * HEARTBEATS_IN_SESSION <= config.KAFKA_SESSION_TIMEOUT_MS
    ? undefined
    : `KAFKA_HEARTBEAT_MS (${config.KAFKA_HEARTBEAT_MS}) must be at most a third of KAFKA_SESSION_TIMEOUT_MS (${config.KAFKA_SESSION_TIMEOUT_MS})`;
