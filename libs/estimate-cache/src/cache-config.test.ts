import { expect, test } from '@jest/globals';
import { createCacheConfig, defaultCacheConfig, eventsModeTtls } from './cache-config.ts';

test('the defaults stand by themselves, and so do the TTLs of the events mode', () => {
  expect(createCacheConfig()).toEqual(defaultCacheConfig);
  expect(createCacheConfig(eventsModeTtls)).toMatchObject({
    estimateTtlActiveMs: 86_400_000,
    estimateTtlOffMarketMs: 604_800_000,
  });
});

test.each([
  [{ retryMs: 2_000 }, 'retryMs must not be above leaseSyncMs'],
  [{ leaseWarmMs: 130_000 }, 'keepMs must not be below a lease'],
  [{ noneTtlMs: 130_000 }, 'every TTL less its jitter must be above keepMs'],
  [{ keyGeneration: 'E{1}' }, 'keyGeneration must match'],
  [{ leaseSyncMs: 0.5 }, 'leaseSyncMs must be a whole number'],
  [{ softPercent: 0 }, 'softPercent must be within'],
  [{ jitterShare: 1 }, 'jitterShare must be within'],
])('settings that contradict each other are refused: %j', (changes, text) => {
  const refusal = { code: 'CACHE_CONFIG_REFUSED', fate: 'crash', message: expect.stringContaining(text) };
  expect(() => createCacheConfig(changes)).toThrow(expect.objectContaining(refusal));
});

test('all faults are named at once', () => {
  expect(() => createCacheConfig({ softPercent: 0, jitterShare: 1 })).toThrow(/softPercent.*jitterShare/);
});
