import { describe, expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import type { ApiBench, ApiBenchOptions } from '../testing/api-bench.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';

const openBench = apiBenchesOfFile();

async function bench(options?: ApiBenchOptions): Promise<ApiBench> {
  const all = await openBench(options);
  await all.app.ready();
  return all;
}

const BATCH = '/v1/estimates:batchGet';
const CONSOLE = 'https://console.example';

/** Each route that there is, as the framework prints them, asked with each of its methods. */
async function askEverything({ app }: ApiBench, headers: Record<string, string> = {}) {
  const body = { propertyIds: ['p1'] };
  const view = 'west=-122.31&south=47.59&east=-122.29&north=47.61&zoom=16';
  const urls = ['/v1/estimates/p1', BATCH, `/v1/map/estimates?${view}`, `/v1/map/density?${view}`];
  const others = ['/livez', '/readyz', '/openapi.json', '/docs', '/docs/', '/docs/static/swagger-ui.css', '/docs/none'];
  const asked: (InjectOptions & { url: string })[] = [];
  for (const url of [
    ...urls,
    ...others,
    '/v1/estimates/ghost',
    '/v1/estimates/a%20b',
    '/nowhere',
    '/%zz',
    '/v1/map/estimates',
  ]) {
    for (const method of ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const) {
      asked.push(method === 'POST' ? { method, url, payload: body, headers } : { method, url, headers });
    }
  }
  return await Promise.all(asked.map(async (ask) => ({ ask, answer: await app.inject(ask) })));
}

describe('caches', () => {
  test.each([
    ['without a token', {}],
    ['with a bad one', { authorization: 'Bearer a.b.c' }],
    ['for another role', { 'x-viewer-role': 'agent' }],
    ['from a page', { origin: CONSOLE }],
    ['as a preflight', { origin: CONSOLE, 'access-control-request-method': 'GET' }],
  ])('none may keep any answer of any route (%s), nor give it to another role', async (_who, headers) => {
    for (const web of [{}, { corsOrigins: [CONSOLE] }]) {
      const seen = await askEverything(await bench({ web }), headers);
      expect(seen.length).toBeGreaterThan(100);
      for (const { ask, answer } of seen) {
        const { 'cache-control': cacheControl, vary, etag, expires } = answer.headers;
        const what = `${ask.method} ${ask.url} ${answer.statusCode}`;
        expect([what, cacheControl, etag, expires]).toEqual([what, 'private, no-store', undefined, undefined]);
        expect([what, String(vary)]).toEqual([
          what,
          expect.stringMatching(/^accept, authorization, x-viewer-role(, Origin)?$/),
        ]);
      }
    }
  });

  test('every route that the framework knows is among those asked', async () => {
    const { app } = await bench();
    const printed = app.printRoutes({ commonPrefix: false, includeHooks: false });
    const known = [...printed.matchAll(/─+ (\S+) \(/g)].map(([, path]) => path).sort();
    expect([...new Set(known)]).toEqual([
      '*', // of /docs/
      '/docs',
      '/livez',
      '/openapi.json',
      '/readyz',
      '/v1/estimates/:propertyId',
      '/v1/estimates:batchGet',
      '/v1/map/density',
      '/v1/map/estimates',
    ]);
  });
});

test.each(['QUERY', 'PROPFIND', 'HEAD', 'TRACE', 'PUT', 'SEARCH'])(
  'an address says which method it takes to whoever comes with %s',
  async (method) => {
    const { app } = await bench();
    const seen = await Promise.all(
      ['/v1/estimates/p1', BATCH, '/v1/map/estimates', '/v1/map/density'].map(async (url) => {
        const answer = await app.inject({ method: method as 'GET', url });
        return [answer.statusCode, answer.headers.allow];
      }),
    );
    expect(seen).toEqual(['GET', 'POST', 'GET', 'GET'].map((allowed) => [405, allowed]));
  },
);

describe('request ids', () => {
  test.each(['a', 'A-1_b.c', '0af7651916cd43dd8448eb211c80319c', 'x'.repeat(64)])(
    'the name that a caller gives (%s) is echoed, and stands in the problem document and in the log',
    async (id) => {
      const { app } = await bench();
      const answer = await app.inject({ url: '/v1/estimates/ghost', headers: { 'x-request-id': id } });
      expect([answer.headers['x-request-id'], answer.json<{ instance: string }>().instance]).toEqual([
        id,
        `urn:porchlight:request:${id}`,
      ]);
      const broken = await bench({
        viewerOf: () => {
          throw new TypeError('a bug');
        },
      });
      await broken.app.inject({ url: '/v1/estimates/p1', headers: { 'x-request-id': id } });
      expect(broken.logged).toMatchObject([{ code: 'UNPLANNED', requestId: id }]);
    },
  );

  test.each(['', ' ', 'a b', 'a,b', 'x'.repeat(65), '<script>', '"', 'a/b', 'a:b', '{"a":1}', 'ünï', '%0d%0a'])(
    'a name that is not safe (%p) is none: a new one is drawn',
    async (id) => {
      const { app } = await bench();
      const answer = await app.inject({ url: '/v1/estimates/ghost', headers: { 'x-request-id': id } });
      expect(answer.headers['x-request-id']).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      expect(answer.json<{ instance: string }>().instance).toBe(
        `urn:porchlight:request:${String(answer.headers['x-request-id'])}`,
      );
    },
  );

  test.each(['/docs/none', '/docs/static/none', '/docs/static/..%2fx', '/docs/static/%5c..%5c'])(
    'a page that is not there (%s) is refused under the name of its request too',
    async (url) => {
      const { app } = await bench();
      const [named, drawn] = [await app.inject({ url, headers: { 'x-request-id': 'mine' } }), await app.inject(url)];
      const instanceOf = (answer: typeof named) => answer.json<{ instance: string }>().instance;
      expect([named.headers['x-request-id'], instanceOf(named)]).toEqual(['mine', 'urn:porchlight:request:mine']);
      expect([named.headers['content-type'], instanceOf(drawn)]).toEqual([
        'application/problem+json; charset=utf-8',
        `urn:porchlight:request:${String(drawn.headers['x-request-id'])}`,
      ]);
      expect(String(drawn.headers['x-request-id'])).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test('two requests never share a drawn one', async () => {
    const { app } = await bench();
    const seen = await Promise.all(
      Array.from({ length: 20 }, async () => (await app.inject('/livez')).headers['x-request-id']),
    );
    expect(new Set(seen).size).toBe(20);
  });
});

describe('pages of other origins', () => {
  const preflight = (origin: string, method = 'POST'): InjectOptions => ({
    method: 'OPTIONS',
    url: BATCH,
    headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' },
  });
  const grantsIn = (headers: Record<string, unknown>): string[] =>
    Object.keys(headers).filter((name) => name.startsWith('access-control-'));

  test('may not call by default, whatever they are', async () => {
    const { app } = await bench();
    for (const origin of [CONSOLE, 'null', 'http://localhost:3000']) {
      const asked = await app.inject(preflight(origin));
      const got = await app.inject({ url: '/v1/estimates/p1', headers: { origin } });
      expect([asked.statusCode, grantsIn(asked.headers), got.statusCode, grantsIn(got.headers)]).toEqual([
        405,
        [],
        200,
        [],
      ]);
    }
  });

  test('may call if they are named: with a token, and they may read limits and the request id', async () => {
    const { app } = await bench({ web: { corsOrigins: [CONSOLE] } });
    const asked = await app.inject(preflight(CONSOLE));
    expect([asked.statusCode, asked.body]).toEqual([204, '']);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': CONSOLE,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers':
        'authorization, content-type, traceparent, x-session-id, x-viewer-role, x-request-id',
      'access-control-max-age': '600',
    });
    for (const url of ['/v1/estimates/p1', '/v1/estimates/ghost', '/nowhere']) {
      const got = await app.inject({ url, headers: { origin: CONSOLE } });
      expect(got.headers).toMatchObject({
        'access-control-allow-origin': CONSOLE,
        'access-control-expose-headers': 'ratelimit, ratelimit-policy, retry-after, x-request-id',
        vary: 'accept, authorization, x-viewer-role, Origin',
      });
      expect(got.headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  test.each([
    'https://console.example.evil.test',
    'https://console.exampl',
    'http://console.example',
    'https://console.example:8443',
    'null',
    '*',
    '',
  ])('are not taken for a named one: %p', async (origin) => {
    const { app } = await bench({ web: { corsOrigins: [CONSOLE] } });
    const asked = await app.inject(preflight(origin));
    const got = await app.inject({ url: '/v1/estimates/p1', headers: { origin } });
    expect([asked.headers['access-control-allow-origin'], got.headers['access-control-allow-origin']]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
