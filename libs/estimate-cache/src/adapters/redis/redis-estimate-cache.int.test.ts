import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { createCacheConfig } from '../../cache-config.ts';
import { parseValue, printValue, type RejectedReason } from '../../format.ts';
import { keysOf } from '../../keys.ts';
import type { EstimateCache } from '../../port.ts';
import { describeEstimateCache } from '../../testing/conformance.ts';
import { redisUrl, redisWorld } from '../../testing/redis-world.ts';
import { factsOf, jsonOf } from '../../testing/story.ts';
import { createRedisConnection } from './redis-connection.ts';
import { redisEstimateCache } from './redis-estimate-cache.ts';
import { singleRedisTransport, type RedisTransport } from './redis-transport.ts';

describeEstimateCache('on Redis', redisWorld);

const sample = printValue({
  class: 's',
  facts: factsOf(1),
  isFactsOnly: false,
  estimateVersion: 1,
  acquiredAt: 1_000,
  softExpiryAt: 2_000,
  hardExpiryAt: 3_000,
  estimateJson: jsonOf(1),
});

/** A stored value with some bytes replaced, put in or taken out. */
const spoilt = fc
  .array(
    fc.record({
      at: fc.nat({ max: sample.length }),
      cut: fc.nat({ max: 2 }),
      put: fc
        .constantFrom('', '|', '0', '9', 'a', '{', '-', '\n', '\0', 'v', '\u00ff')
        .map((text) => Buffer.from(text, 'latin1')),
    }),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((changes) =>
    changes.reduce(
      (bytes, { at, cut, put }) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]),
      sample,
    ),
  );

const config = createCacheConfig({ keyGeneration: `t${randomBytes(6).toString('hex')}` });
const keys = keysOf('p1', config.keyGeneration);

let redis: Redis;
let transport: RedisTransport;
beforeAll(async () => {
  redis = createRedisConnection({ url: redisUrl(), commandTimeoutMs: 5_000 });
  await redis.connect();
  transport = singleRedisTransport(redis, 5_000);
});
afterAll(async () => {
  await redis.del(keys.value, keys.flight);
  await redis.quit();
});

test('a value that was filled between the reading of an unreadable one and its deletion is not lost', async () => {
  const rejected: RejectedReason[] = [];
  const filledMeanwhile: RedisTransport = {
    run: (calls) => transport.run(calls),
    beat: (asked, ttlMs) => transport.beat(asked, ttlMs),
    get: (asked) => transport.get(asked),
    getValues: (propertyIds, text, take) =>
      transport.getValues(propertyIds, text, async (found) => {
        await redis.set(keys.value, sample);
        return await take(found);
      }),
  };
  await redis.set(keys.value, '4|a later format');
  const cache = redisEstimateCache({
    transport: filledMeanwhile,
    config,
    onRejected: (reason) => rejected.push(reason),
  });
  expect(await cache.read(['p1'])).toEqual([null]);
  expect(rejected).toEqual(['newer']);
  expect(await redis.getBuffer(keys.value)).toEqual(sample);
});

describe('keys of a type that nobody here writes', () => {
  /** Somebody else's keys where a value and a flight should be; the last one is a flight by its type alone. */
  const plantAt = {
    ':v': () => redis.rpush(keys.value, 'x'),
    ':m': () => redis.set(keys.flight, 'x'),
    ':m of another program': () => redis.hset(keys.flight, { name: 'x' }),
    ':m with numbers that are none': () => redis.hset(keys.flight, { e: 'epoch', ff: 'seven', l: 'n', lx: 'soon' }),
  };
  const rejected: RejectedReason[] = [];
  let cache: EstimateCache;
  beforeEach(async () => {
    rejected.length = 0;
    cache = redisEstimateCache({ transport, config, onRejected: (reason) => rejected.push(reason) });
    await redis.del(keys.value, keys.flight);
  });
  const win = async () => {
    const [answer] = await cache.acquire([{ propertyId: 'p1', nonce: 'n1' }], 's');
    if (answer?.outcome !== 'win') throw new Error('nobody else asks for this home');
    return answer.ticket;
  };

  test.each(Object.entries(plantAt))('%s: a miss; who misses deletes and counts it, and fills', async (_key, plant) => {
    await plant();
    expect(await cache.read(['p1'])).toEqual([null]);
    const ticket = await win();
    expect(rejected).toEqual(['foreign']);
    await cache.fill([{ propertyId: 'p1', class: 's', ticket, facts: factsOf(1), estimate: null }]);
    expect(await cache.read(['p1'])).toMatchObject([{ facts: factsOf(1), estimateJson: null }]);
    expect(await redis.type(keys.flight)).toBe('hash');
    expect(rejected).toEqual(['foreign']);
  });

  test.each(Object.entries(plantAt))('%s: no command fails on it', async (_key, plant) => {
    const ticket = await win();
    await redis.del(keys.flight);
    await plant();
    const one = { propertyId: 'p1', visibilityVersion: 1 };
    expect([
      await cache.touch([{ ...one, checkedAt: 1 }]),
      await cache.update([{ propertyId: 'p1', estimateVersion: 1, estimate: null }]),
      await cache.recheck([{ ...one, ticket }]),
      await cache.fill([{ propertyId: 'p1', class: 's', ticket, facts: factsOf(1), estimate: null }]),
    ]).toEqual([['absent'], ['absent'], [false], [{ outcome: 'epoch' }]]);
    await cache.release([{ propertyId: 'p1', nonce: 'n1', backOff: true }]);
    await cache.forget([{ propertyId: 'p1', epoch: 'x' }]);
    await cache.invalidate([one]);
    expect(await redis.exists(keys.value)).toBe(0);
    await cache.forget([{ propertyId: 'p1', epoch: (await win()).epoch }]);
    expect(await redis.exists(keys.value, keys.flight)).toBe(0);
  });
});

test('readers and scripts agree on what is a value, byte for byte', async () => {
  const texts = fc.sample(spoilt, 400);
  const ids = texts.map((_, i) => `spoilt-${i}`);
  const keysOfAll = ids.map((id) => keysOf(id, config.keyGeneration).value);
  await Promise.all(texts.map((text, i) => redis.set(keysOfAll[i] ?? '', text)));
  const touched = await redisEstimateCache({ transport, config }).touch(
    ids.map((propertyId) => ({ propertyId, visibilityVersion: 1, checkedAt: 1 })),
  );
  await Promise.all(keysOfAll.map((key) => redis.del(key)));
  const readable = texts.map((text) => !('rejected' in parseValue(text)));
  expect(texts.filter((_, i) => readable[i] !== (touched[i] !== 'absent'))).toEqual([]);
  expect(readable).toContain(true);
  expect(readable).toContain(false);
});
