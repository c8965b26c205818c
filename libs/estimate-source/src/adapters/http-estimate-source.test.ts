import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import {
  httpEstimateSource,
  type EstimateSource,
  type FetchOptions,
  type HttpEstimateSourceOptions,
} from '../index.ts';

const API_KEY = 'a-very-secret-key';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function upstream(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  base = '',
  options: Partial<HttpEstimateSourceOptions> = {},
) {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`;
  const source = httpEstimateSource({ url, apiKey: API_KEY, timeoutMs: 1_200, answerBytesMax: 1_000, ...options });
  closers.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
    () => source.close(),
  );
  return source;
}

const failure = async (call: Promise<unknown>): Promise<Error & { code?: unknown }> =>
  await call.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  );

test('posts the ids with the key to the path of the contract, below the base path if there is one', async () => {
  const seen: unknown[] = [];
  const source = await upstream((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { 'x-api-key': key, 'content-type': type, 'x-porchlight-lane': lane } = request.headers;
      seen.push([request.method, request.url, key, type, lane, body]);
      response.end('{"estimates":[],"missing":["a"]}');
    });
  }, '/valuations/');
  await source.fetch(['a']);
  await source.fetch(['a'], { lane: 'background' });
  const sent = ['POST', '/valuations/v1/estimates:batchGet', API_KEY, 'application/json'];
  expect(seen).toEqual([
    [...sent, undefined, '{"propertyIds":["a"]}'],
    [...sent, 'background', '{"propertyIds":["a"]}'],
  ]);
});

test('calls share connections, of which there are no more than allowed, and a refusal costs none', async () => {
  const sockets = new Set<unknown>();
  const held: ServerResponse[] = [];
  let answers = 0;
  const source = await upstream(
    (request, response) => {
      sockets.add(request.socket);
      request.resume();
      answers += 1;
      if (answers <= 2) response.writeHead(503).end('gone');
      else held.push(response);
    },
    '',
    { connectionsMax: 2 },
  );
  await failure(source.fetch(['a']));
  await failure(source.fetch(['a']));
  const calls = [1, 2, 3, 4].map(() => source.fetch(['a']));
  for (let ended = 0; ended < calls.length; ended += 1) {
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(held.length).toBeLessThanOrEqual(2);
    held.shift()?.end('{"estimates":[],"missing":["a"]}');
  }
  await Promise.all(calls);
  expect(sockets.size).toBe(2);
});

test('tells apart what was certainly not billed from what may have been', async () => {
  const kindOf = async (source: EstimateSource, options: FetchOptions = {}): Promise<unknown> =>
    ((await failure(source.fetch(['a'], options))) as { kind?: unknown }).kind;
  const gone = httpEstimateSource({ url: 'http://127.0.0.1:1', apiKey: API_KEY });
  closers.push(() => gone.close());
  const ill = await upstream((_request, response) => response.writeHead(500).end());
  const broken = await upstream((request) => request.socket.destroy());
  const silent = await upstream(() => undefined);
  const leaving = AbortSignal.abort();
  expect([
    await kindOf(gone),
    await kindOf(ill),
    await kindOf(broken),
    await kindOf(silent, { timeoutMs: 20 }),
    await kindOf(silent, { signal: leaving }),
  ]).toEqual(['never-billed', 'never-billed', 'maybe-billed', 'maybe-billed', 'left']);
});

test('a 503 may say when to come back', async () => {
  const source = await upstream((_request, response) => response.writeHead(503, { 'retry-after': '7' }).end());
  expect(await failure(source.fetch(['a']))).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryAfterMs: 7_000 });
});

test('an upstream that never answers costs its time-out and no more', async () => {
  const source = await upstream(() => undefined);
  const error = await failure(source.fetch(['a'], { timeoutMs: 20 }));
  expect([error.code, error.message]).toEqual([
    'SOURCE_UNAVAILABLE',
    'upstream is unavailable: no answer within 20 ms',
  ]);
});

test('an upstream that stops in the middle of its answer costs its time-out too', async () => {
  const source = await upstream((_request, response) => void response.write('{"estimates":['));
  expect((await failure(source.fetch(['a'], { timeoutMs: 50 }))).code).toBe('SOURCE_UNAVAILABLE');
});

test('an endless answer is cut off at its bound', async () => {
  const source = await upstream((_request, response) => {
    const pour = (): void => void response.write('x'.repeat(4_096), (error) => (error ? undefined : pour()));
    pour();
  });
  const error = await failure(source.fetch(['a']));
  expect([error.code, error.message]).toEqual([
    'SOURCE_MISBEHAVED',
    'upstream gave a wrong answer: the body is longer than 1000 bytes',
  ]);
});

test('a refused key is a wrong answer that names its status, a missing server is unavailable', async () => {
  const refused = await upstream((_request, response) => response.writeHead(401).end('no'));
  expect((await failure(refused.fetch(['a']))).message).toBe('upstream gave a wrong answer: status 401');
  const gone = httpEstimateSource({ url: 'http://127.0.0.1:1', apiKey: API_KEY });
  closers.push(() => gone.close());
  expect((await failure(gone.fetch(['a']))).message).toBe('upstream is unavailable: ECONNREFUSED');
});

test('no error carries the key, in whatever way upstream fails', async () => {
  const failures = [
    await upstream((_request, response) => response.writeHead(500).end()),
    await upstream((_request, response) => response.writeHead(403).end()),
    await upstream((request) => request.socket.destroy()),
    await upstream((request) => request.socket.end('not http at all\r\n\r\n')),
    await upstream((_request, response) => response.end('not json')),
  ];
  for (const source of failures) {
    const error = await failure(source.fetch(['a']));
    expect(error.code).toMatch(/^SOURCE_(UNAVAILABLE|MISBEHAVED)$/);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(API_KEY);
  }
});
