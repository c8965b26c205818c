import { expect, test } from '@jest/globals';
import { createCacheConfig } from '@porchlight/estimate-cache';
import { describeConfig, loadConfig } from '@porchlight/service';
import { config } from './config.ts';

const environment = {
  KAFKA_BROKERS: 'localhost:9092',
  SCHEMA_REGISTRY_URL: 'http://localhost:8081',
  REDIS_URL: 'redis://localhost:6379',
};
const ttls = (ttlMs: number) => ({
  ESTIMATE_TTL_ACTIVE_MS: String(ttlMs),
  ESTIMATE_TTL_OFF_MARKET_MS: String(ttlMs),
});

test('a lifetime that the cache would refuse is refused with the rest of the configuration, by its name', () => {
  const load = () => loadConfig(config, { ...environment, ...ttls(60_000) });
  expect(load).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(load).toThrow(/ESTIMATE_TTL_ACTIVE_MS is "60000"[^]*ESTIMATE_TTL_OFF_MARKET_MS is "60000"/);
});

test('the shortest lifetime that the configuration takes is one that the cache takes', () => {
  const [, least] = /ESTIMATE_TTL_ACTIVE_MS.*integer (\d+)\.\./.exec(describeConfig(config)) ?? [];
  const values = loadConfig(config, { ...environment, ...ttls(Number(least)) });
  const { estimateTtlActiveMs, estimateTtlOffMarketMs } = createCacheConfig({
    estimateTtlActiveMs: values.ESTIMATE_TTL_ACTIVE_MS,
    estimateTtlOffMarketMs: values.ESTIMATE_TTL_OFF_MARKET_MS,
  });
  expect([estimateTtlActiveMs, estimateTtlOffMarketMs]).toEqual([Number(least), Number(least)]);
});
