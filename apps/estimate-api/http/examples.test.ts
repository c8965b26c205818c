import { expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { createApiBench } from '../testing/api-bench.ts';
import { estimateOf } from '../testing/reading-bench.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { name: string; in: 'query' | 'path' | 'header'; example?: string | number }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { example?: object }>> };
}

/** The request that a reader of the document would copy. */
function exampleOf(path: string, method: string, { parameters = [], requestBody }: Operation): InjectOptions {
  const query: Record<string, string> = {};
  let url = path;
  for (const { name, in: where, example } of parameters) {
    if (example === undefined) continue;
    if (where === 'path') url = url.replace(`{${name}}`, String(example));
    if (where === 'query') query[name] = String(example);
  }
  const payload = requestBody?.content['application/json']?.example;
  return { method: method === 'post' ? 'POST' : 'GET', url, query, ...(payload !== undefined && { payload }) };
}

test('each call of the document is answered as its examples have it', async () => {
  const { app, home, source } = await createApiBench();
  for (const id of ['1000102', '1200019']) {
    home(id);
    source.set(id, estimateOf(1));
  }
  const { paths } = (await app.inject('/openapi.json')).json<{ paths: Record<string, Record<string, Operation>> }>();
  const seen: Record<string, unknown> = {};
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const answer = await app.inject(exampleOf(path, method, operation));
      seen[operation.operationId] = [
        answer.statusCode,
        Object.keys(answer.json<object>()),
        answer.body.includes('1000102'),
      ];
    }
  }
  await app.close();
  expect(seen).toEqual({
    getEstimate: [200, ['propertyId', 'status', 'estimate'], true],
    batchGetEstimates: [200, ['results', 'pending'], true],
    getMapEstimates: [200, ['homes', 'truncated', 'pending'], true],
    getMapDensity: [200, ['tiles'], false],
  });
});
