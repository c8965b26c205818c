import { expect, test } from '@jest/globals';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';

const openBench = apiBenchesOfFile();

test('each answer is counted by route, code and home', async () => {
  const { app, metered } = await openBench();
  await app.inject('/v1/estimates/p1');
  await app.inject('/v1/estimates/p1?deadlineMs=-1');
  await app.inject('/nowhere');
  expect(metered).toEqual([
    'home single available miss',
    'GET /v1/estimates/:propertyId 200',
    'single ok',
    'GET /v1/estimates/:propertyId 400',
    'single invalid-deadline',
    'GET none 404',
  ]);
});
