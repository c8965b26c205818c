import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryFolder } from '@porchlight/stack';
import { environmentOf, stopGraceMsOf, type FleetSettings } from './fleet-environment.ts';
import { memberNames, type MemberName } from './fleet-members.ts';

const settings: FleetSettings = {
  stack: {
    KAFKA_BROKERS: '127.0.0.1:19092',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:18081/apis/ccompat/v7',
    REDIS_URL: 'redis://127.0.0.1:16379',
    DATABASE_URL: 'postgres://porchlight:word@127.0.0.1:15432/porchlight',
  },
  auth: { issuer: 'issuer', audience: 'audience', jwksPath: '/data/jwks.json' },
  ports: {
    api: 8080,
    simulator: 8090,
    operations: Object.fromEntries(memberNames.map((member, index) => [member, 9464 + index])) as Record<
      MemberName,
      number
    >,
  },
  upstreamApiKey: 'key',
  sessionHmacKey: '00ff',
  simulatorFolder: '/data/simulator',
  logLevel: 'info',
};

const ours = { PATH: '/bin', HTTP_PORT: '1', FORECAST_STRATEGY: 'ring', NODE_OPTIONS: '--inspect', TZ: '' };
const has = (variable: string) => memberNames.filter((member) => variable in environmentOf(member, settings, ours));

test('the service that viewers call gets everything that it may touch', () => {
  expect(environmentOf('estimate-api', settings, ours)).toEqual({
    ...settings.stack,
    PATH: '/bin',
    KEEP_SERVING_MS: '0',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '8080',
    METRICS_HOST: '127.0.0.1',
    METRICS_PORT: '9465',
    LOG_LEVEL: 'info',
    DRAIN_MS: '2500',
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    KAFKA_HEARTBEAT_MS: '1500',
    UPSTREAM_URL: 'http://127.0.0.1:8090',
    UPSTREAM_API_KEY: 'key',
    AUTH_MODE: 'jwt',
    JWT_ISSUER: 'issuer',
    JWT_AUDIENCE: 'audience',
    JWKS_PATH: '/data/jwks.json',
    SESSION_HMAC_KEY: '00ff',
    OVERLOAD_WAIT_MS: '0',
    RATE_ADDRESS_UNITS: '100000000',
    RATE_CALLER_UNITS: '100000000',
    RATE_SERVICE_UNITS: '100000000',
  });
});

test('nobody is handed an address or a key that it has no business with', () => {
  expect(has('REDIS_URL')).toEqual([
    'estimate-api',
    'forecaster',
    'request-filter',
    'data-fetcher',
    'data-writer',
    'invalidator',
  ]);
  expect(has('DATABASE_URL')).toEqual(['estimate-api', 'forecaster', 'request-filter', 'invalidator', 'catalog-relay']);
  expect(has('UPSTREAM_API_KEY')).toEqual(['upstream-simulator', 'estimate-api', 'data-fetcher']);
  expect(has('SESSION_HMAC_KEY')).toEqual(['estimate-api']);
});

test('a stray variable of the terminal changes no app, and an empty one is left out', () => {
  expect([has('FORECAST_STRATEGY'), has('NODE_OPTIONS'), has('TZ')]).toEqual([[], [], []]);
});

test('every member has an operations port of its own', () => {
  const ports = memberNames.map((member) => environmentOf(member, settings, ours)['METRICS_PORT']);
  expect(new Set(ports).size).toBe(memberNames.length);
});

test('what the caller adds wins, for all and then for one', () => {
  const added = { ...settings, extra: { LOG_LEVEL: 'warn' }, extraOf: { forecaster: { LOG_LEVEL: 'debug' } } };
  expect(environmentOf('data-writer', added, ours)['LOG_LEVEL']).toBe('warn');
  expect(environmentOf('forecaster', added, ours)['LOG_LEVEL']).toBe('debug');
});

/** What a service may take to stop with this drain: by its own source, for tools may not import it. */
const serviceStopMs = (drainMs: number): number => {
  const source = readFileSync(join(repositoryFolder, 'libs', 'service', 'src', 'run-service.ts'), 'utf8');
  const margin = /^const STOP_MARGIN_MS = ([\d_]+);$/m.exec(source)?.[1]?.replaceAll('_', '');
  return drainMs + Number(margin);
};

test('a member is killed only after what it may take to stop, by whatever drain it was told', () => {
  const told = Number(environmentOf('data-writer', settings, ours)['DRAIN_MS']);
  expect(stopGraceMsOf({ DRAIN_MS: String(told) })).toBeGreaterThan(serviceStopMs(told));
  expect(stopGraceMsOf({ DRAIN_MS: '9000' })).toBeGreaterThan(serviceStopMs(9_000));
  expect(stopGraceMsOf({})).toBe(stopGraceMsOf({ DRAIN_MS: String(told) }));
  expect(stopGraceMsOf({ DRAIN_MS: 'long' })).toBe(stopGraceMsOf({}));
});

test('the stop of the apps leaves the backing services more than half of the ten seconds', () => {
  expect(stopGraceMsOf(environmentOf('data-writer', settings, ours))).toBeLessThanOrEqual(4_000);
});
