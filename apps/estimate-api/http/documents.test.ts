import { expect, test } from '@jest/globals';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';

const openBench = apiBenchesOfFile();

test('the OpenAPI 3.1 document names every route as it is called, and /docs shows it', async () => {
  const { app } = await openBench();
  const document = (await app.inject('/openapi.json')).json<{ openapi: string; paths: Record<string, object> }>();
  expect([
    document.openapi,
    Object.entries(document.paths).map(([path, methods]) => [path, Object.keys(methods)]),
  ]).toEqual([
    '3.1.0',
    [
      ['/v1/estimates/{propertyId}', ['get']],
      ['/v1/estimates:batchGet', ['post']],
      ['/v1/map/estimates', ['get']],
      ['/v1/map/density', ['get']],
    ],
  ]);
  const page = await app.inject('/docs/');
  expect([page.statusCode, page.headers['cache-control']]).toEqual([200, 'private, no-store']);
  expect(page.body).toContain('swagger-ui');
  const script = await app.inject('/docs/static/swagger-ui-bundle.js');
  expect([script.statusCode, script.body.length > 100_000]).toEqual([200, true]);
});

test('a page of the documents that is not there is a problem as any other, and counted', async () => {
  const { app, metered } = await openBench();
  const refused = await app.inject('/docs/static/nothing.js');
  expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([404, 'unknown-route']);
  expect(metered).toEqual(['GET /docs/* 404']);
});
