import { randomBytes } from 'node:crypto';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { createTestDatabase } from '@porchlight/property-catalog/testing';
import { loadConfig, systemClock } from '@porchlight/service';
import { createTelemetry, parseMetrics, type MetricsScrape } from '@porchlight/telemetry';
import { config } from '../config.ts';
import { startApi } from '../wiring.ts';

/** A server that a test needs. @throws if the environment does not name it */
export const needed = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: this test needs it`);
  return value;
};

/** estimate-api as it runs, in this process, called over HTTP by viewers without a token. */
export interface RealApi {
  readonly port: number;
  /** The status of one home. */
  status(propertyId: string, deadlineMs?: number): Promise<string>;
  metrics(): Promise<MetricsScrape>;
  /** As Prometheus gets them. */
  metricsText(): Promise<string>;
  stop(): Promise<void>;
}

/** A key generation of its own: what one test does to the fleet's budget and pause is nothing to another. */
export const newGeneration = (): string => `t${randomBytes(6).toString('hex')}`;

/**
 * @param environment what differs from a process that asks for no Kafka and keeps no limit for callers
 * @param onLine      told of every line of its log, from debug up; without it nothing is logged
 */
export async function startRealApi(
  environment: Readonly<Record<string, string>>,
  onLine?: (line: string) => void,
): Promise<RealApi> {
  const values = loadConfig(config, {
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    KEEP_SERVING_MS: '0',
    SESSION_HMAC_KEY: 'a key of this test alone',
    AUTH_MODE: 'trusted-header',
    RATE_ADDRESS_UNITS: '0',
    OVERLOAD_WAIT_MS: '0', // the machine is shared with the servers and the tests
    KAFKA_BROKERS: '127.0.0.1:1',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
    REDIS_URL: needed('REDIS_URL'),
    ...environment,
  });
  const telemetry = createTelemetry({
    app: 'estimate-api',
    ...(onLine === undefined ? { logLevel: 'silent' } : { logLevel: 'debug', destination: { write: onLine } }),
  });
  const stopping = new AbortController();
  const api = await startApi({
    config: values,
    telemetry,
    clock: systemClock,
    signal: stopping.signal,
    waitFor: async (_dependency, _forWhat, probe) => await probe(stopping.signal),
  });
  return {
    port: api.port,
    async status(propertyId, deadlineMs = 5_000) {
      const url = `http://127.0.0.1:${api.port}/v1/estimates/${propertyId}?deadlineMs=${deadlineMs}`;
      return ((await (await fetch(url)).json()) as { status: string }).status;
    },
    metrics: async () => parseMetrics(await telemetry.render()),
    metricsText: () => telemetry.render(),
    async stop() {
      stopping.abort();
      await api.stop();
      await telemetry.stop();
    },
  };
}

/** A property database of its own with these homes, which everybody may see. */
export async function openHomes() {
  const database = await createTestDatabase(process.env.DATABASE_URL);
  const writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  return {
    databaseUrl: database.databaseUrl,
    add: async (propertyIds: readonly string[]) =>
      void (await writer.loadProperties([
        propertyIds.map((propertyId) => ({
          propertyId,
          latitude: 47.6,
          longitude: -122.3,
          status: 'active' as const,
          mlsId: null,
          overrideLevel: null,
        })),
      ])),
    async close() {
      await writer.close();
      await database.drop();
    },
  };
}
