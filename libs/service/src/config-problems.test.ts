import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigInvalid, defineConfig, loadConfig, type ConfigSchema } from './config.ts';
import { brokerList } from './config-fragments.ts';

const problemsOf = (schema: ConfigSchema, environment: Record<string, string>): readonly string[] => {
  try {
    loadConfig(schema, environment);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  return [];
};

describe('what may hold a password is not shown', () => {
  const schema = defineConfig({
    SCHEMA_REGISTRY_URL: z.url({ protocol: /^https?$/ }).describe('the schema registry'),
    UPSTREAM_URL: z
      .url({ protocol: /^https?$/ })
      .default('http://upstream')
      .describe('the paid API'),
    PROXY_URL: z.url().optional().describe('a way out'),
    KAFKA_BROKERS: brokerList.default(['a:9092']).describe('brokers'),
    LEASE_MS: z.coerce.number().default(1).describe('a lease'),
  });
  const registry = 'SCHEMA_REGISTRY_URL has a value that does not fit (URL: the schema registry)';

  test.each(['htp://svc:hushed@registry', 'svc:hushed@registry:8081', 'http://svc:hu/shed@ registry', 'hushed'])(
    'in a URL that is none: %s',
    (value) => {
      expect(problemsOf(schema, { SCHEMA_REGISTRY_URL: value })).toEqual([registry]);
    },
  );
  test('in a URL that has a default, or may be absent', () => {
    const environment = { SCHEMA_REGISTRY_URL: 'http://r', UPSTREAM_URL: 'svc:hushed', PROXY_URL: 'hushed' };
    expect(problemsOf(schema, environment)).toEqual([
      'UPSTREAM_URL has a value that does not fit (URL: the paid API)',
      'PROXY_URL has a value that does not fit (URL: a way out)',
    ]);
  });
  test('in a list of brokers that somebody gave a user', () => {
    const environment = { SCHEMA_REGISTRY_URL: 'http://r', KAFKA_BROKERS: 'svc:hushed@a:9092' };
    expect(problemsOf(schema, environment)).toEqual(['KAFKA_BROKERS has a value that does not fit (text: brokers)']);
  });
  test('what holds none is shown all the same', () => {
    expect(problemsOf(schema, { SCHEMA_REGISTRY_URL: 'http://r', LEASE_MS: 'soon' })).toEqual([
      expect.stringMatching(/^LEASE_MS is "soon", /),
    ]);
  });
  test('in the words of a check', () => {
    const checked = defineConfig({ UPSTREAM_URL: z.url().describe('the paid API') }, [
      ({ UPSTREAM_URL }) => `UPSTREAM_URL (${UPSTREAM_URL}) must end in a slash`,
    ]);
    expect(problemsOf(checked, { UPSTREAM_URL: 'http://svc:hushed@upstream:8080' })).toEqual([
      'UPSTREAM_URL (http://[redacted]@upstream:8080) must end in a slash',
    ]);
  });
});

describe('one message names all that is wrong, between values too', () => {
  const number = z.coerce.number().int().min(1).max(100);
  const schema = defineConfig(
    {
      LOW_MS: number.default(1).describe('the lower one'),
      HIGH_MS: number.default(2).describe('the higher one'),
      OTHER_MS: number.describe('another'),
    },
    [
      ({ LOW_MS, HIGH_MS }) => (LOW_MS < HIGH_MS ? undefined : `LOW_MS (${LOW_MS}) is not below HIGH_MS (${HIGH_MS})`),
      (config) => (config.OTHER_MS > config.LOW_MS ? undefined : 'OTHER_MS is not above LOW_MS'),
      (config) => (Object.values({ ...config }).every((each) => each < 50) ? undefined : 'all must be below 50'),
    ],
  );
  const missing = 'OTHER_MS is missing (integer 1..100: another)';

  test('a check whose variables are sound is asked beside a variable that is missing', () => {
    expect(problemsOf(schema, { LOW_MS: '60' })).toEqual([missing, 'LOW_MS (60) is not below HIGH_MS (2)']);
  });
  test('a check whose variable is wrong itself says nothing', () => {
    expect(problemsOf(schema, { LOW_MS: '0', HIGH_MS: '90', OTHER_MS: '3' })).toEqual([
      expect.stringMatching(/^LOW_MS is "0"/),
    ]);
  });
  test('sound variables are asked everything', () => {
    expect(problemsOf(schema, { LOW_MS: '60', HIGH_MS: '61', OTHER_MS: '5' })).toEqual([
      'OTHER_MS is not above LOW_MS',
      'all must be below 50',
    ]);
  });
  test('a bug in a check is not taken for a wrong variable', () => {
    const buggy = defineConfig({ LOW_MS: number.describe('the lower one') }, [
      () => {
        throw new TypeError('a bug');
      },
    ]);
    expect(() => loadConfig(buggy, { LOW_MS: '1' })).toThrow(new TypeError('a bug'));
  });
});
