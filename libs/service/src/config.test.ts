import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigInvalid, defineConfig, describeConfig, loadConfig, secret, type ConfigSchema } from './config.ts';
import { databaseConfig, heartbeatFitsSession, kafkaConfig, redisConfig, serviceConfig } from './config-fragments.ts';

const folder = mkdtempSync(join(tmpdir(), 'porchlight-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fileWith = (text: string): string => {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, text);
  return path;
};

const problemsOf = (schema: ConfigSchema, environment: Record<string, string>): readonly string[] => {
  try {
    loadConfig(schema, environment);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  return [];
};

const leases = defineConfig({
  LEASE_MS: z.coerce.number().int().min(100).max(60_000).default(3_000).describe('how long a ticket is held'),
  STRATEGY: z.enum(['ring', 'thin-ring']).describe('how neighbours are chosen'),
  UPSTREAM_API_KEY: secret(z.string().min(8)).describe('the key of the upstream API'),
});
const sound = { STRATEGY: 'ring', UPSTREAM_API_KEY: 'abcdefgh' };

test('gives values of their types, defaults included', () => {
  expect(loadConfig(leases, { ...sound, LEASE_MS: '250' })).toEqual({ ...sound, LEASE_MS: 250 });
  expect(loadConfig(leases, sound)).toEqual({ ...sound, LEASE_MS: 3000 });
});

test('one message names all that is missing or out of range, with what each is for', () => {
  expect(problemsOf(leases, { LEASE_MS: '5', UPSTREAM_API_KEY: 'abcdefgh' })).toEqual([
    expect.stringMatching(/^LEASE_MS is "5", .*100.* \(integer 100\.\.60000: how long a ticket is held\)$/),
    'STRATEGY is missing (ring, thin-ring: how neighbours are chosen)',
  ]);
  expect(problemsOf(leases, {})).toHaveLength(2);
});

test('the error says its code and stops the process', () => {
  const error = new ConfigInvalid(['A is missing', 'B is missing']);
  expect([error.code, error.fate]).toEqual(['CONFIG_INVALID', 'crash']);
  expect(error.message).toBe('the configuration does not fit:\n  A is missing\n  B is missing');
});

test.each(['', 'x', '1.5', '1e9', 'NaN', 'Infinity'])('LEASE_MS=%j is no lease', (LEASE_MS) => {
  // Empty counts as absent: that is what an unset line of a manifest gives.
  expect(problemsOf(leases, { ...sound, LEASE_MS })).toHaveLength(LEASE_MS === '' ? 0 : 1);
});

describe('a secret', () => {
  test('may come from the file that <NAME>_FILE names, without its last line end', () => {
    const path = fileWith('from-a-file\n');
    expect(loadConfig(leases, { STRATEGY: 'ring', UPSTREAM_API_KEY_FILE: path })).toMatchObject({
      UPSTREAM_API_KEY: 'from-a-file',
    });
  });
  test('is not shown when it does not fit', () => {
    const [problem = ''] = problemsOf(leases, { ...sound, UPSTREAM_API_KEY: 'hush' });
    expect(problem).toBe('UPSTREAM_API_KEY has a value that does not fit (text: the key of the upstream API)');
  });
  test('set twice is refused', () => {
    expect(problemsOf(leases, { ...sound, UPSTREAM_API_KEY_FILE: fileWith('abcdefgh') })).toEqual([
      'UPSTREAM_API_KEY and UPSTREAM_API_KEY_FILE are both set: set one',
    ]);
  });
  test('in a file that is not there is refused', () => {
    expect(problemsOf(leases, { STRATEGY: 'ring', UPSTREAM_API_KEY_FILE: join(folder, 'none') })).toEqual([
      'UPSTREAM_API_KEY_FILE names a file that cannot be read (ENOENT)',
    ]);
  });
  test('is read from a file only if it is one: other variables have no _FILE', () => {
    expect(problemsOf(leases, { STRATEGY_FILE: fileWith('ring'), UPSTREAM_API_KEY: 'abcdefgh' })).toEqual([
      'STRATEGY is missing (ring, thin-ring: how neighbours are chosen)',
    ]);
  });
});

describe('the fragments', () => {
  const all = defineConfig({ ...serviceConfig, ...kafkaConfig, ...redisConfig, ...databaseConfig }, [
    heartbeatFitsSession,
  ]);
  const environment = {
    KAFKA_BROKERS: 'a:9092, b:9092',
    SCHEMA_REGISTRY_URL: 'http://registry:8081/apis/ccompat/v7',
    REDIS_URL: 'redis://cache:6379',
    DATABASE_URL: 'postgres://app:app@db:5432/porchlight',
  };

  test('give the defaults of production', () => {
    expect(loadConfig(all, environment)).toEqual({
      LOG_LEVEL: 'info',
      METRICS_HOST: '0.0.0.0',
      METRICS_PORT: 9464,
      OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
      OTEL_EXPORTER_OTLP_HEADERS: undefined,
      OTEL_TRACES_SAMPLER_ARG: 0.01,
      DRAIN_MS: 25_000,
      KAFKA_BROKERS: ['a:9092', 'b:9092'],
      SCHEMA_REGISTRY_URL: 'http://registry:8081/apis/ccompat/v7',
      KAFKA_SESSION_TIMEOUT_MS: 30_000,
      KAFKA_HEARTBEAT_MS: 2_000,
      REDIS_URL: 'redis://cache:6379',
      REDIS_TOPOLOGY: 'single',
      DATABASE_URL: 'postgres://app:app@db:5432/porchlight',
      DATABASE_POOL_MAX: 4,
    });
  });
  test.each([
    ['KAFKA_BROKERS', 'localhost'],
    ['KAFKA_BROKERS', 'a:9092,,b:9092'],
    ['SCHEMA_REGISTRY_URL', 'registry:8081'],
    ['REDIS_URL', 'http://cache:6379'],
    ['REDIS_URL', 'redis://a:6379,'],
    ['REDIS_TOPOLOGY', 'sentinel'],
    ['DATABASE_URL', 'mysql://db/porchlight'],
    ['METRICS_PORT', '70000'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:secret@collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317'],
    ['LOG_LEVEL', 'verbose'],
    ['KAFKA_SESSION_TIMEOUT_MS', '5999'],
  ])('refuse %s=%s', (name, value) => {
    expect(problemsOf(all, { ...environment, [name]: value })).toEqual([expect.stringContaining(name)]);
  });
  test('take several nodes of a Redis Cluster', () => {
    const cluster = { REDIS_URL: 'rediss://app:hush@a:6379,b:6379', REDIS_TOPOLOGY: 'cluster' };
    expect(loadConfig(all, { ...environment, ...cluster })).toMatchObject(cluster);
  });
  test('refuse heartbeats that a session could miss', () => {
    expect(problemsOf(all, { ...environment, KAFKA_HEARTBEAT_MS: '11000' })).toEqual([
      'KAFKA_HEARTBEAT_MS (11000) must be at most a third of KAFKA_SESSION_TIMEOUT_MS (30000)',
    ]);
  });
});

test('prints its own table', () => {
  expect(describeConfig(leases).split('\n')).toEqual([
    '| variable | default | range | what |',
    '| --- | --- | --- | --- |',
    '| `LEASE_MS` | `3000` | integer 100..60000 | how long a ticket is held |',
    '| `STRATEGY` | required | ring, thin-ring | how neighbours are chosen |',
    '| `UPSTREAM_API_KEY`, `UPSTREAM_API_KEY_FILE` | required | text | the key of the upstream API |',
  ]);
});

describe('a schema is refused', () => {
  test('with a variable that nobody described', () => {
    expect(() => defineConfig({ LEASE_MS: z.string() })).toThrow('LEASE_MS has no description');
  });
  test('with a name that no environment has', () => {
    expect(() => defineConfig({ leaseMs: z.string().describe('x') })).toThrow('leaseMs is no name for a variable');
  });
});
