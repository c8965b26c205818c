import { expect, test } from '@jest/globals';
import { defineConfig, loadConfig } from '@porchlight/service';
import { disciplineOf, upstreamConfig } from './upstream-config.ts';

const schema = defineConfig(upstreamConfig);
const needed = { UPSTREAM_URL: 'http://127.0.0.1:9000', UPSTREAM_API_KEY: 'key' };

test('without a budget there is no limit, and the breaker is on', () => {
  expect(disciplineOf(loadConfig(schema, needed))).toEqual({
    budget: { requestsPerS: 0, itemsPerS: 0, burstS: 1, reserveShare: 0.5, localShare: 0.1 },
    breaker: { failureShare: 0.5, windowMs: 10_000, callsMin: 10, openMs: 1_000 },
  });
});

test('a reserve that would leave warm-ups nothing, and a breaker that would never or always open, are refused', () => {
  const refused = { UPSTREAM_BUDGET_RESERVE_PERCENT: '100', UPSTREAM_BREAKER_FAILURE_PERCENT: '100' };
  for (const [name, value] of Object.entries(refused)) {
    expect(() => loadConfig(schema, { ...needed, [name]: value })).toThrow(name);
  }
});
