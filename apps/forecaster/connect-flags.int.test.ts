import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { untilTrue } from '@porchlight/clock/testing';
import { flagsInForce, printFlags, redisFlagStore, type FlagsDocument, type FlagStore } from '@porchlight/rollout';
import { forgetFlags } from '@porchlight/rollout/testing';
import { loadConfig, systemClock } from '@porchlight/service';
import { createTelemetry, parseMetrics, type Telemetry } from '@porchlight/telemetry';
import { config } from './config.ts';
import { connectFlags } from './connect-flags.ts';
import { planBySession } from './session-plan.ts';

/** The forecaster's flags as it has them: Redis, OpenFeature's client, metrics. */

const redisUrl = (): string => {
  const { REDIS_URL: url = '' } = process.env;
  if (url === '') throw new Error('REDIS_URL is not set: this test needs it');
  return url;
};

let key: string;
let store: FlagStore;
let telemetry: Telemetry;
let flags: Awaited<ReturnType<typeof connectFlags>> | undefined;

const start = async (environment: Record<string, string>) => {
  const values = loadConfig(config, {
    KAFKA_BROKERS: '127.0.0.1:1',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
    DATABASE_URL: 'postgres://127.0.0.1/none',
    FLAGS_KEY: key,
    ...environment,
  });
  flags = await connectFlags({ config: values, telemetry, clock: systemClock });
  const planOf = planBySession(flags.client, values.FORECAST_STRATEGY);
  return async (session: string): Promise<string> => {
    const plan = await planOf(session);
    return 'strategy' in plan ? plan.strategy.name : plan.letGo;
  };
};

beforeEach(() => {
  key = `test-${randomBytes(6).toString('hex')}:flags`;
  store = redisFlagStore({ url: redisUrl(), key });
  telemetry = createTelemetry({ app: 'forecaster', logLevel: 'silent' });
});
afterEach(async () => {
  await flags?.close();
  flags = undefined;
  await Promise.all([store.close(), telemetry.stop()]);
  await forgetFlags(redisUrl(), key);
});

test('what an operator says of sessions is how they are forecast, without a restart', async () => {
  const planOf = await start({ REDIS_URL: redisUrl(), FORECAST_STRATEGY: 'ring' });
  expect(await planOf('a')).toBe('ring');
  const sessions = Array.from({ length: 30 }, (_, at) => `session-${at}`);
  const document: FlagsDocument = {
    version: 1,
    changedAt: 0,
    flags: {
      'forecast.strategy': { percent: 50, cohort: 'thin-ring', rest: 'default' },
      'cache.warmup': { percent: 80, cohort: 'on', rest: 'off' },
    },
  };
  await store.replace(null, printFlags(document));
  const version = async () =>
    parseMetrics(await telemetry.render()).sum('porchlight_flags_version', { origin: 'store' });
  await untilTrue('the flags are in force', async () => (await version()) === 1);
  const dealt = flagsInForce(document);
  const expected = sessions.map((session) => {
    if (dealt.cohortOf('cache.warmup', session) === 'off') return 'cache-warmup-off';
    return dealt.cohortOf('forecast.strategy', session) === 'thin-ring' ? 'thin-ring' : 'ring';
  });
  expect(await Promise.all(sessions.map(planOf))).toEqual(expected);
  expect(new Set(expected).size).toBe(3);
});

test('without Redis, and with one that is not there, everything is as usual and nobody is waited for', async () => {
  for (const environment of [{}, { REDIS_URL: 'redis://127.0.0.1:9' }]) {
    const planOf = await start(environment);
    expect(await planOf('a')).toBe('next-views');
    await flags?.close();
    flags = undefined;
  }
});
