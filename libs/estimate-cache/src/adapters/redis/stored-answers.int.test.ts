import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CacheUnavailable } from '../../errors.ts';
import { storedAnswersOver } from '../../reached-answers.ts';
import { connectEstimateCache, type EstimateCacheConnection } from './connect-estimate-cache.ts';

let redis: EstimateCacheConnection;
beforeAll(async () => {
  const { REDIS_URL: url = '' } = process.env;
  if (url === '') throw new Error('REDIS_URL is not set: this test needs it');
  redis = await connectEstimateCache({ url, config: { keyGeneration: `t${randomBytes(4).toString('hex')}` } });
});
afterAll(() => redis.close());

test('whether others take what a batch needs is asked without writing anything', async () => {
  const asked: string[] = [];
  const outcomes: string[] = [];
  const answersOf = storedAnswersOver({
    async fill(requests) {
      asked.push(...requests.map(({ propertyId }) => propertyId));
      const answers = await redis.cache.fill(requests);
      outcomes.push(...answers.map(({ outcome }) => outcome));
      return answers;
    },
  });
  expect(await answersOf(Promise.reject(new CacheUnavailable('of its node')), 2)).toEqual([null, null]);
  expect([asked.length, new Set(outcomes)]).toEqual([128, new Set(['epoch'])]);
  expect((await redis.cache.read(asked)).every((value) => value === null)).toBe(true);
});
