import { expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { createApiBench } from '../testing/api-bench.ts';
import { estimateOf } from '../testing/reading-bench.ts';
import { problems } from './problem.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { name: string; in: 'query' | 'path' | 'header'; example?: string | number }[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Content>> }>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { example?: object }>> };
}

interface Content {
  readonly example?: string | object;
  readonly examples?: Readonly<Record<string, { readonly value: { readonly code: string; readonly status: number } }>>;
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

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

test('each call of the document is answered as its examples have it', async () => {
  const { app, home, source } = await createApiBench();
  for (const id of ['1000102', '1200019']) {
    home(id);
    source.set(id, estimateOf(1));
  }
  const { paths } = (await app.inject('/openapi.json')).json<Document>();
  const seen: Record<string, unknown> = {};
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const answer = await app.inject(exampleOf(path, method, operation));
      const told = operation.responses['200']?.content?.['application/json']?.example ?? {};
      expect([operation.operationId, Object.keys(told)]).toEqual([
        operation.operationId,
        Object.keys(answer.json<object>()),
      ]);
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

/** What a stream holds, with the values left out that differ from world to world. */
const shapeOf = (stream: string): string => stream.replaceAll(/:(?:-?[0-9.]+|true|false)(?=[,}])/g, ':_');

test('each stream of the document looks as its example has it: the home, then the end', async () => {
  const { app, home, source } = await createApiBench();
  home('1000102');
  source.set('1000102', estimateOf(1));
  const { paths } = (await app.inject('/openapi.json')).json<Document>();
  const seen: string[] = [];
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      for (const [accept, { example }] of Object.entries(operation.responses['200']?.content ?? {})) {
        if (accept === 'application/json') continue;
        const asked = exampleOf(path, method, operation);
        const payload = method === 'post' ? { payload: { propertyIds: ['1000102'] } } : {};
        const answer = await app.inject({ ...asked, ...payload, headers: { accept } });
        expect([answer.headers['content-type'], shapeOf(answer.body)]).toEqual([accept, shapeOf(example as string)]);
        seen.push(`${operation.operationId} ${accept}`);
      }
    }
  }
  await app.close();
  expect(seen).toEqual([
    'batchGetEstimates text/event-stream',
    'batchGetEstimates application/x-ndjson',
    'getMapEstimates text/event-stream',
    'getMapEstimates application/x-ndjson',
  ]);
});

test('each refusal of the document shows the problems of its status and no other, and an answer without a body has none', async () => {
  const { app } = await createApiBench();
  const { paths } = (await app.inject('/openapi.json')).json<Document>();
  await app.close();
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  for (const { responses } of operations) {
    for (const [status, { content }] of Object.entries(responses)) {
      if (status === '204') expect(content).toBeUndefined();
      if (Number(status) < 400) continue;
      const shown = Object.entries(content?.['application/problem+json']?.examples ?? {});
      const codes = Object.entries(problems).flatMap(([code, each]) => (`${each.status}` === status ? [code] : []));
      expect(shown.map(([code, { value }]) => [code, value.code, String(value.status)])).toEqual(
        codes.map((code) => [code, code, status]),
      );
    }
  }
});
