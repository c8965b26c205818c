import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '@porchlight/service';
import { config } from './config.ts';

const jwt = { JWT_ISSUER: 'issuer', JWT_AUDIENCE: 'audience', JWKS_URL: 'https://issuer.test/keys' };
const base = {
  SESSION_HMAC_KEY: 'a key of enough characters',
  KAFKA_BROKERS: '127.0.0.1:9092',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081',
  REDIS_URL: 'redis://127.0.0.1:6379',
  DATABASE_URL: 'postgres://127.0.0.1/porchlight',
  UPSTREAM_URL: 'http://127.0.0.1:9000',
  UPSTREAM_API_KEY: 'key',
};
const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    loadConfig(config, environment);
    return [];
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
};

test('the defaults are the numbers of the design', () => {
  expect(loadConfig(config, { ...base, ...jwt })).toMatchObject({
    DEADLINE_DEFAULT_MS: 1_000,
    MAP_DEADLINE_DEFAULT_MS: 250,
    UPSTREAM_TIMEOUT_MS: 1_200,
    CHECK_POOL_MAX: 4,
    CHECK_WAITING_MAX: 64,
    RULE_POLL_MS: 500,
    FACTS_TTL_ACTIVE_MS: 300_000,
    FACTS_TTL_OFF_MARKET_MS: 14_400_000,
    AUTH_MODE: 'jwt',
  });
});

test('a paid call that could outlive its lease is refused, with what would do', () => {
  expect(problemsOf({ ...base, ...jwt, UPSTREAM_TIMEOUT_MS: '1200' })).toEqual([]);
  expect(problemsOf({ ...base, ...jwt, UPSTREAM_TIMEOUT_MS: '1201' })).toEqual([
    'UPSTREAM_TIMEOUT_MS=1201 outlives the lease of 1500 ms: with 250 ms of waiting for the call and 50 ms to store it a second ' +
      'process would pay for the same home; at most 1200',
  ]);
});

test('everything that is missing or out of range is named at once', () => {
  const { REDIS_URL: _, ...rest } = base;
  const problems = problemsOf({ ...rest, ...jwt, HTTP_PORT: '70000', SESSION_HMAC_KEY: 'short' });
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['HTTP_PORT', 'SESSION_HMAC_KEY', 'REDIS_URL']);
});

describe('AUTH_MODE', () => {
  const trusted = { ...base, AUTH_MODE: 'trusted-header' };

  test('jwt needs issuer, audience and one place for keys', () => {
    expect(problemsOf({ ...base, ...jwt })).toEqual([]);
    expect(problemsOf(base)).toHaveLength(2);
    expect(problemsOf({ ...base, ...jwt, JWKS_PATH: 'keys.json' })).toEqual([
      'AUTH_MODE=jwt needs one of JWKS_URL and JWKS_PATH',
    ]);
  });

  test('trusted-header is refused where anybody could call', () => {
    for (const HTTP_HOST of ['0.0.0.0', '::', '10.0.0.5', '127.0.0.1.example.com', 'localhost.example.com']) {
      expect(problemsOf({ ...trusted, HTTP_HOST })).toEqual([
        'AUTH_MODE=trusted-header needs GATEWAY_SECRET, or HTTP_HOST on loopback: whoever can call could name any role',
      ]);
    }
    expect(problemsOf(trusted)).toHaveLength(1);
  });

  test('trusted-header is taken on loopback, or with a shared secret', () => {
    for (const HTTP_HOST of ['127.0.0.1', 'localhost', '::1'])
      expect(problemsOf({ ...trusted, HTTP_HOST })).toEqual([]);
    expect(problemsOf({ ...trusted, HTTP_HOST: '0.0.0.0', GATEWAY_SECRET: 'sixteen letters!' })).toEqual([]);
  });
});

describe('who is near', () => {
  const origin = (CORS_ORIGINS: string) => ({ ...base, ...jwt, CORS_ORIGINS });
  const proxies = (TRUSTED_PROXIES: string) => ({ ...base, ...jwt, TRUSTED_PROXIES });

  test('by default no page may call, and no proxy is believed', () => {
    expect(loadConfig(config, { ...base, ...jwt })).toMatchObject({ CORS_ORIGINS: [], TRUSTED_PROXIES: [] });
  });

  test('origins are named one by one', () => {
    const two = loadConfig(config, origin('https://console.example, http://localhost:3000'));
    expect(two.CORS_ORIGINS).toEqual(['https://console.example', 'http://localhost:3000']);
    for (const wrong of [
      '*',
      'null',
      'console.example',
      'https://console.example/',
      'https://*.example',
      'ftp://a.b',
      'https://A.b',
    ]) {
      expect([wrong, problemsOf(origin(wrong)).length]).toEqual([wrong, wrong === 'https://*.example' ? 0 : 1]);
    }
  });

  test('proxies are addresses and networks of our own', () => {
    const ours = '10.0.0.5, 10.0.0.0/8,192.168.0.0/16, ::1, fd00::/16, loopback';
    expect(loadConfig(config, proxies(ours)).TRUSTED_PROXIES).toEqual(ours.split(',').map((each) => each.trim()));
  });

  test.each([
    '0.0.0.0/0',
    '::/0',
    '1.0.0.0/7',
    '2000::/3',
    'true',
    '1',
    '*',
    'all',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
  ])('a proxy that could be anybody, or is no address, is refused: %s', (wrong) => {
    expect(problemsOf(proxies(wrong))).toEqual([
      expect.stringMatching(/^TRUSTED_PROXIES .*(too wide|not an address|too many bits)/),
    ]);
  });
});

test('a rate limit is none, or lets the dearest call through', () => {
  const units = (RATE_CALLER_UNITS: string) => problemsOf({ ...base, ...jwt, RATE_CALLER_UNITS });
  expect([units('0'), units('50')]).toEqual([[], []]);
  expect([units('49').length, units('-1').length, units('1.5').length]).toEqual([1, 1, 1]);
});
