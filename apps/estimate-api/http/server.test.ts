import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { generateKeyPair } from 'jose';
import { createApiBench, type ApiBench } from '../testing/api-bench.ts';
import { closeOf } from '../testing/raw-http.ts';
import { estimateOf, jsonOfValue, settle } from '../testing/reading-bench.ts';
import { trustedViewerOf } from '../viewer/trusted-viewer.ts';
import { ARRIVAL_GRACE_MS } from './close-silent-sockets.ts';
import { problems } from './problem.ts';

const VALUE = jsonOfValue(500_000);
const opened: ApiBench[] = [];
afterEach(async () => {
  for (const { app } of opened.splice(0)) await app.close();
});

async function bench(options?: Parameters<typeof createApiBench>[0]): Promise<ApiBench> {
  const all = await createApiBench(options);
  opened.push(all);
  all.home('p1');
  all.source.set('p1', estimateOf(1));
  await all.app.ready();
  return all;
}

const VIEW = 'west=-122.31&south=47.59&east=-122.29&north=47.61&zoom=16';
const BATCH = '/v1/estimates:batchGet';

describe('answers', () => {
  test('a single get gives status and estimate, and may be kept by nobody', async () => {
    const { app } = await bench();
    const answer = await app.inject('/v1/estimates/p1');
    expect([answer.statusCode, answer.body]).toEqual([
      200,
      `{"propertyId":"p1","status":"available","estimate":${VALUE}}`,
    ]);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'private, no-store',
    });
  });

  test('a batch answers in the order asked, with how many are pending', async () => {
    const { app, home, source } = await bench();
    home('empty');
    home('hidden', { overrideLevel: 'nobody' });
    home('agents', { overrideLevel: 'agent' });
    source.set('agents', estimateOf(1));
    const propertyIds = ['agents', 'ghost', 'p1', 'hidden', 'empty'];
    const answer = await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds } });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe(
      '{"results":[{"propertyId":"agents","status":"restricted","requiredRole":"agent"},' +
        '{"propertyId":"ghost","status":"unknown"},' +
        `{"propertyId":"p1","status":"available","estimate":${VALUE}},` +
        '{"propertyId":"hidden","status":"withheld"},{"propertyId":"empty","status":"none"}],"pending":0}',
    );
  });

  test('the map gives homes in view in order of id, with their places', async () => {
    const { app, home, source } = await bench();
    home('a0', { latitude: 47.605, longitude: -122.305 });
    source.set('a0', estimateOf(1, 600_000));
    home('outside', { latitude: 47.62, longitude: -122.3 });
    const answer = await app.inject(`/v1/map/estimates?${VIEW}`);
    expect([answer.statusCode, answer.body]).toEqual([
      200,
      '{"homes":[{"latitude":47.605,"longitude":-122.305,"result":{"propertyId":"a0","status":"available","estimate":' +
        `${jsonOfValue(600_000)}}},{"latitude":47.6,"longitude":-122.3,"result":{"propertyId":"p1","status":"available",` +
        `"estimate":${VALUE}}}],"truncated":false,"pending":0}`,
    ]);
    expect(answer.headers['cache-control']).toBe('private, no-store');
  });

  test('single, batch and map give the same bytes for one home', async () => {
    const { app } = await bench();
    const single = (await app.inject('/v1/estimates/p1')).body;
    const batch = (await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ['p1'] } })).body;
    const map = (await app.inject(`/v1/map/estimates?${VIEW}`)).body;
    expect(batch).toBe(`{"results":[${single}],"pending":0}`);
    expect(map).toBe(
      `{"homes":[{"latitude":47.6,"longitude":-122.3,"result":${single}}],"truncated":false,"pending":0}`,
    );
  });

  test('a map with more homes than the limit says so and gives the first in order of id', async () => {
    const { app, home } = await bench();
    for (const id of ['c', 'b', 'a']) home(id);
    const answer = await app.inject(`/v1/map/estimates?${VIEW}&limit=2`);
    const body = answer.json<{ homes: { result: { propertyId: string } }[]; truncated: boolean }>();
    expect([body.homes.map(({ result }) => result.propertyId), body.truncated]).toEqual([['a', 'b'], true]);
  });

  test('a viewport across the antimeridian is served', async () => {
    const { app, home } = await bench();
    home('east', { latitude: 51, longitude: 179.999 });
    home('west', { latitude: 51, longitude: -179.999 });
    const answer = await app.inject('/v1/map/estimates?west=179.99&south=50.99&east=-179.99&north=51.01&zoom=15');
    const body = answer.json<{ homes: { result: { propertyId: string } }[] }>();
    expect(body.homes.map(({ result }) => result.propertyId)).toEqual(['east', 'west']);
  });

  test('density counts homes per tile, without values', async () => {
    const { app, home } = await bench();
    home('p2', { latitude: 47.6001, longitude: -122.3001 });
    home('far', { latitude: 47.7, longitude: -122.3 });
    const answer = await app.inject('/v1/map/density?west=-123&south=47.5&east=-122&north=47.65&zoom=12');
    expect([answer.statusCode, answer.body]).toEqual([200, '{"tiles":[{"tile":"12/656/1430","count":2}]}']);
  });

  test('a home that is not cached by the deadline is pending, which a batch counts', async () => {
    const { app, source, clock } = await bench();
    source.hold();
    const answer = app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ['p1'], deadlineMs: 50 } });
    await settle();
    await clock.advance(50);
    expect((await answer).body).toBe('{"results":[{"propertyId":"p1","status":"pending"}],"pending":1}');
  });

  test('a map waits 250 ms by default', async () => {
    const { app, source, clock } = await bench();
    source.hold();
    const answer = app.inject(`/v1/map/estimates?${VIEW}`);
    await settle();
    await clock.advance(250);
    expect((await answer).json()).toMatchObject({ pending: 1 });
  });

  test('an answer for a viewer who may see nothing holds no value, no low, no high', async () => {
    const { app, home, source, bearer } = await bench();
    const amounts = [612_345, 712_345, 812_345];
    for (const [at, amount] of amounts.entries()) {
      home(`h${at}`, { overrideLevel: 'agent' });
      source.set(`h${at}`, estimateOf(1, amount));
    }
    const ids = amounts.map((_, at) => `h${at}`);
    const agent = { authorization: await bearer({ role: 'agent' }) };
    const seen = await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ids }, headers: agent });
    for (const amount of amounts) expect(seen.body).toContain(String(amount));
    const answers = [
      await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ids } }),
      await app.inject(`/v1/map/estimates?${VIEW}`),
      ...(await Promise.all(ids.map((id) => app.inject(`/v1/estimates/${id}`)))),
    ];
    for (const { body, headers } of answers) {
      for (const amount of amounts) {
        for (const hidden of [amount, amount - 50_000, amount + 50_000]) {
          expect(body + JSON.stringify(headers)).not.toContain(String(hidden));
        }
      }
    }
  });
});

describe('refusals', () => {
  type Refusal = [title: string, call: InjectOptions, code: keyof typeof problems, detail?: string];
  const post = (payload: unknown, headers: Record<string, string> = {}) => ({
    method: 'POST' as const,
    url: BATCH,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  const get = (url: string, headers: Record<string, string> = {}) => ({ method: 'GET' as const, url, headers });
  const map = (changes: string) => get(`/v1/map/estimates?${changes}`);
  const edges = 'south=47&east=1&north=48&zoom=16';

  const refusals: Refusal[] = [
    ['a property that does not exist', get('/v1/estimates/ghost'), 'unknown-property', 'there is no property ghost'],
    ['an id that is not one', get('/v1/estimates/a%20b'), 'invalid-property-id', '"a b" is not a property id'],
    ['an id that is too long', get(`/v1/estimates/${'x'.repeat(65)}`), 'invalid-property-id'],
    [
      'a batch with a malformed id',
      post({ propertyIds: ['ok', 'not ok'] }),
      'invalid-property-id',
      'propertyIds.1 is "not ok", which is not a property id',
    ],
    [
      'a batch with an id that is a number',
      post({ propertyIds: [7] }),
      'invalid-property-id',
      'propertyIds.0 is 7, which is not a property id',
    ],
    ['501 ids', post({ propertyIds: Array.from({ length: 501 }, (_, at) => `p${at}`) }), 'too-many-ids'],
    ['no ids', post({ propertyIds: [] }), 'invalid-request'],
    ['ids that are no list', post({ propertyIds: 'p1' }), 'invalid-request', 'propertyIds must be array'],
    ['a batch without ids', post({}), 'invalid-request'],
    [
      'a field that nobody knows',
      post({ propertyIds: ['p1'], deadline: 5 }),
      'invalid-request',
      '"deadline" is not a field of this call',
    ],
    ['a deadline of -1', post({ propertyIds: ['p1'], deadlineMs: -1 }), 'invalid-deadline'],
    ['a deadline of 5001', post({ propertyIds: ['p1'], deadlineMs: 5001 }), 'invalid-deadline'],
    ['a deadline that is a text', post({ propertyIds: ['p1'], deadlineMs: '5' }), 'invalid-deadline'],
    ['a single deadline of -1', get('/v1/estimates/p1?deadlineMs=-1'), 'invalid-deadline'],
    ['a single deadline of 1.5', get('/v1/estimates/p1?deadlineMs=1.5'), 'invalid-deadline'],
    ['an empty deadline', get('/v1/estimates/p1?deadlineMs='), 'invalid-deadline'],
    ['a deadline given twice', get('/v1/estimates/p1?deadlineMs=1&deadlineMs=2'), 'invalid-deadline'],
    [
      'a misspelt parameter',
      get('/v1/estimates/p1?deadline=1'),
      'invalid-request',
      '"deadline" is not a field of this call',
    ],
    ['a map deadline of -1', map(`west=0&${edges}&deadlineMs=-1`), 'invalid-deadline'],
    ['a viewport with NaN', map(`west=NaN&${edges}`), 'viewport-not-a-number'],
    ['a viewport with Infinity', map(`west=Infinity&${edges}`), 'viewport-not-a-number'],
    ['a viewport with a number too large to be one', map(`west=1e999&${edges}`), 'viewport-not-a-number'],
    ['a viewport without an edge', map(edges), 'invalid-request', "the request must have required property 'west'"],
    ['a viewport wider than 180 degrees', map('west=-100&south=47&east=100&north=48&zoom=16'), 'viewport-too-wide'],
    ['a viewport north of the map', map('west=0&south=47&east=1&north=85.06&zoom=16'), 'viewport-beyond-latitude'],
    ['a viewport south of the map', map('west=0&south=-90&east=1&north=48&zoom=16'), 'viewport-beyond-latitude'],
    ['a viewport beyond 180 degrees', map('west=179&south=47&east=181&north=48&zoom=16'), 'viewport-beyond-longitude'],
    ['a viewport upside down', map('west=0&south=48&east=1&north=47&zoom=16'), 'viewport-empty'],
    ['a viewport of too many tiles', map('west=0&south=47&east=10&north=48&zoom=16'), 'viewport-too-large'],
    ['a zoom at which no home is drawn', map('west=0&south=47&east=0.01&north=47.01&zoom=14'), 'zoom-too-far'],
    ['a zoom of 23', map('west=0&south=47&east=0.01&north=47.01&zoom=23'), 'invalid-zoom'],
    ['a zoom of 15.5', map('west=0&south=47&east=0.01&north=47.01&zoom=15.5'), 'invalid-zoom'],
    ['a limit of 0', map(`west=0&${edges}&limit=0`), 'invalid-limit'],
    ['a limit of 5001', map(`west=0&${edges}&limit=5001`), 'invalid-limit'],
    [
      'a density of too many tiles',
      get('/v1/map/density?west=-90&south=0&east=80&north=48&zoom=15'),
      'viewport-too-large',
    ],
    [
      'a batch with a viewport and no zoom',
      post({ propertyIds: ['p1'], viewport: { west: 0, south: 0, east: 1, north: 1 } }),
      'invalid-request',
    ],
    [
      'a batch with an impossible viewport',
      post({ propertyIds: ['p1'], zoom: 16, viewport: { west: 0, south: 0, east: 1, north: 89 } }),
      'viewport-beyond-latitude',
    ],
    [
      'a batch with a viewport of texts',
      post({ propertyIds: ['p1'], zoom: 16, viewport: { west: '0', south: 0, east: 1, north: 1 } }),
      'viewport-not-a-number',
    ],
    ['a body that is not JSON', post('{"propertyIds":['), 'invalid-json'],
    ['an empty body', post(''), 'invalid-json'],
    ['a body that poisons prototypes', post('{"__proto__":{"role":"agent"},"propertyIds":["p1"]}'), 'invalid-json'],
    ['a body longer than 64 kB', post(JSON.stringify({ propertyIds: ['x'.repeat(70_000)] })), 'body-too-large'],
    [
      'a body of another type',
      post('propertyIds=p1', { 'content-type': 'application/x-www-form-urlencoded' }),
      'unsupported-media-type',
    ],
    ['an address that does not exist', get('/v2/estimates'), 'unknown-route'],
    ['an address that is not one', get('/v1/estimates/%zz'), 'invalid-request'],
    [
      'a method that an address does not take',
      { method: 'DELETE', url: '/v1/estimates/p1' },
      'method-not-allowed',
      'this address takes GET',
    ],
    ['a token that is none', get('/v1/estimates/p1', { authorization: 'Basic abc' }), 'bad-token'],
    ['x-viewer-role without a token', get('/v1/estimates/p1', { 'x-viewer-role': 'agent' }), 'act-as-forbidden'],
  ];

  let shared: ApiBench;
  beforeAll(async () => void (shared = await createApiBench()));
  afterAll(() => shared.app.close());

  // As objects: Jest would hand its own callback to a row that is one short.
  const cases = refusals.map(([title, call, code, detail]) => ({ title, call, code, detail }));
  test.each(cases)('$title', async ({ call, code, detail }) => {
    const { app, source } = shared;
    const answer = await app.inject(call);
    const { status, title } = problems[code];
    const body = answer.json<Record<string, unknown>>();
    expect([answer.statusCode, body.code, answer.headers['content-type']]).toEqual([
      status,
      code,
      'application/problem+json; charset=utf-8',
    ]);
    expect(body).toEqual({
      type: `urn:porchlight:problem:${code}`,
      title,
      status,
      code,
      detail: detail ?? (expect.any(String) as unknown),
      instance: expect.stringMatching(/^urn:porchlight:request:[0-9a-f-]{36}$/) as unknown,
    });
    expect([answer.headers['cache-control'], source.calls]).toEqual(['private, no-store', []]);
  });

  test('500 ids are answered', async () => {
    const { app } = await bench();
    const propertyIds = Array.from({ length: 500 }, (_, at) => `ghost-${'x'.repeat(54)}${String(at).padStart(4, '0')}`);
    const answer = await app.inject(post({ propertyIds }));
    expect(answer.json<{ results: unknown[] }>().results).toEqual(
      propertyIds.map((propertyId) => ({ propertyId, status: 'unknown' })),
    );
  });

  test('a database that is down costs a map its list: 503 with a code, until tiles are known', async () => {
    const { app, catalog } = await bench();
    catalog.setUnavailable(true);
    const refused = await app.inject(`/v1/map/estimates?${VIEW}`);
    expect([refused.statusCode, refused.json<{ code: string }>().code, refused.headers['retry-after']]).toEqual([
      503,
      'catalog-unavailable',
      '1',
    ]);
    catalog.setUnavailable(false);
    const answered = await app.inject(`/v1/map/estimates?${VIEW}`);
    catalog.setUnavailable(true);
    expect((await app.inject(`/v1/map/estimates?${VIEW}`)).body).toBe(answered.body);
  });

  test('a bug of ours is a 500 that tells nothing, with the same id in the log', async () => {
    const { app, logged } = await bench({
      viewerOf: () => {
        throw new TypeError('secret internals');
      },
    });
    const answer = await app.inject('/v1/estimates/p1');
    const body = answer.json<{ code: string; instance: string }>();
    expect([answer.statusCode, body.code]).toEqual([500, 'internal']);
    expect(answer.body).not.toContain('secret internals');
    expect(logged).toMatchObject([{ code: 'UNPLANNED', requestId: body.instance.split(':').at(-1) }]);
  });
});

describe('who is looking', () => {
  const codeOf = async ({ app }: ApiBench, headers: Record<string, string>) => {
    const answer = await app.inject({ url: '/v1/estimates/hidden', headers });
    const { code, status, requiredRole } = answer.json<Record<string, string>>();
    return [answer.statusCode, code ?? status, requiredRole].filter((part) => part !== undefined).join(' ');
  };
  const hiddenBench = async (options?: Parameters<typeof createApiBench>[0]) => {
    const all = await bench(options);
    all.home('hidden', { overrideLevel: 'verified' });
    all.source.set('hidden', estimateOf(1));
    return all;
  };

  test('the claim role decides; no token is unregistered', async () => {
    const all = await hiddenBench();
    expect(await codeOf(all, {})).toBe('200 restricted verified');
    const seen: string[] = [];
    for (const role of ['unregistered', 'registered', 'verified', 'agent']) {
      seen.push(await codeOf(all, { authorization: await all.bearer({ role }) }));
    }
    expect(seen).toEqual(['200 restricted verified', '200 restricted verified', '200 available', '200 available']);
  });

  test('a role that is not one of the four is a bad token', async () => {
    const all = await hiddenBench();
    for (const role of ['nobody', 'admin', '', undefined, 4, ['agent']]) {
      expect(await codeOf(all, { authorization: await all.bearer({ role }) })).toBe('401 bad-token');
    }
  });

  test('expired, of another issuer, for another audience, by another key, or made up: a bad token', async () => {
    const all = await hiddenBench();
    const other = await generateKeyPair('ES256');
    const claims = { role: 'agent' };
    const tokens = [
      await all.bearer(claims, { expiresIn: '-1m' }),
      await all.bearer(claims, { issuer: 'https://elsewhere.test' }),
      await all.bearer(claims, { audience: 'another-service' }),
      await all.bearer(claims, { key: other.privateKey }),
      'Bearer a.b.c',
      'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWdlbnQifQ.',
    ];
    for (const authorization of tokens) expect(await codeOf(all, { authorization })).toBe('401 bad-token');
    const refused = await all.app.inject({ url: '/v1/estimates/hidden', headers: { authorization: 'Bearer a.b.c' } });
    expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  });

  test('a token that is signed with a shared secret is refused, whatever it says', async () => {
    const all = await hiddenBench();
    const secret = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
    const authorization = await all.bearer({ role: 'agent' }, { key: secret, alg: 'HS256' });
    expect(await codeOf(all, { authorization })).toBe('401 bad-token');
  });

  test('a service with the scope may render for another role; one without may not', async () => {
    const all = await hiddenBench();
    const mailer = await all.bearer({ role: 'unregistered', scope: 'other estimates:act-as' });
    const viewer = await all.bearer({ role: 'agent', scope: 'estimates:act-as-not' });
    const as = (authorization: string, role: string) => codeOf(all, { authorization, 'x-viewer-role': role });
    expect(await as(mailer, 'verified')).toBe('200 available');
    expect(await as(mailer, 'registered')).toBe('200 restricted verified');
    expect(await as(mailer, 'nobody')).toBe('400 invalid-viewer-role');
    expect(await as(viewer, 'unregistered')).toBe('403 act-as-forbidden');
  });

  test('keys that cannot be read are a 503: nobody is told that a good token is bad', async () => {
    const { tokenViewerOf } = await import('../viewer/token-viewer.ts');
    const all = await hiddenBench({
      viewerOf: tokenViewerOf({
        keys: () => Promise.reject(new TypeError('fetch failed')),
        issuer: 'https://issuer.test',
        audience: 'estimate-api',
        clock: { now: () => Date.now() },
      }),
    });
    expect(await codeOf(all, { authorization: await all.bearer({ role: 'agent' }) })).toBe('503 identity-unavailable');
    expect(await codeOf(all, {})).toBe('200 restricted verified');
  });

  test('a trusted gateway names the role, and proves itself if a secret is set', async () => {
    const open = await hiddenBench({ viewerOf: trustedViewerOf({ gatewaySecret: undefined }) });
    expect(await codeOf(open, { 'x-viewer-role': 'agent' })).toBe('200 available');
    expect(await codeOf(open, {})).toBe('200 restricted verified');
    expect(await codeOf(open, { 'x-viewer-role': 'king' })).toBe('400 invalid-viewer-role');
    const guarded = await hiddenBench({ viewerOf: trustedViewerOf({ gatewaySecret: 'open sesame' }) });
    expect(await codeOf(guarded, { 'x-viewer-role': 'agent' })).toBe('401 bad-token');
    expect(await codeOf(guarded, { 'x-viewer-role': 'agent', 'x-gateway-secret': 'wrong' })).toBe('401 bad-token');
    expect(await codeOf(guarded, { 'x-viewer-role': 'agent', 'x-gateway-secret': 'open sesame' })).toBe(
      '200 available',
    );
  });
});

describe('the viewport event', () => {
  test('an answered map call publishes one, with what was hit, missed and pending', async () => {
    const { app, events, home, plant, clock, source } = await bench();
    for (const id of ['p2', 'p3', 'p4']) home(id);
    await plant('p2');
    await plant('p3', { class: 'w' });
    source.hold();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'x-session-id': 'session-of-ada', traceparent };
    const answer = app.inject({ url: `/v1/map/estimates?${VIEW}`, headers });
    await settle();
    await clock.advance(250);
    expect((await answer).statusCode).toBe(200);
    expect(events).toEqual([
      {
        event: {
          eventId: expect.stringMatching(
            /^018bcfe5-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
          ) as unknown,
          sessionKey: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/) as unknown,
          viewport: { west: -122.31, south: 47.59, east: -122.29, north: 47.61 },
          zoom: 16,
          propertyIds: ['p1', 'p2', 'p3', 'p4'],
          hitCount: 2,
          warmedHitCount: 1,
          missedCount: 2,
          pendingCount: 2,
          viewedAt: clock.now(),
        },
        traceparent,
      },
    ]);
  });

  test('carries the same key for one session, another for another, a new one each time without; never the id', async () => {
    const { app, events } = await bench();
    for (const session of ['ada', 'ada', 'bob', undefined, undefined]) {
      const headers = session === undefined ? {} : { 'x-session-id': session };
      await app.inject({ url: `/v1/map/estimates?${VIEW}`, headers });
    }
    const keys = events.map(({ event }) => event.sessionKey);
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(4);
    expect(JSON.stringify(events)).not.toMatch(/ada|bob/);
  });

  test('a batch publishes one if it says what is looked at; single gets and refused calls publish none', async () => {
    const { app, events } = await bench();
    const viewport = { west: -1, south: -1, east: 1, north: 1 };
    const batch = (payload: object) => app.inject({ method: 'POST', url: BATCH, payload });
    await batch({ propertyIds: ['p1', 'ghost', 'p1'] });
    await app.inject('/v1/estimates/p1');
    await app.inject(`/v1/map/estimates?${VIEW}&limit=0`);
    await app.inject(`/v1/map/density?${VIEW}`);
    expect(events).toEqual([]);
    await batch({ propertyIds: ['p1', 'ghost', 'p1'], viewport, zoom: 17 });
    expect(events.map(({ event }) => [event.propertyIds, event.hitCount, event.missedCount, event.zoom])).toEqual([
      [['p1'], 1, 0, 17],
    ]);
  });

  test('an empty viewport is a view too', async () => {
    const { app, events } = await bench();
    await app.inject('/v1/map/estimates?west=10&south=10&east=10.01&north=10.01&zoom=16');
    expect(events.map(({ event }) => [event.propertyIds, event.missedCount])).toEqual([[[], 0]]);
  });
});

describe('operations', () => {
  test('alive always, ready when it says so and not while it stops', async () => {
    const { app, state } = await bench();
    const ready = async () => (await app.inject('/readyz')).statusCode;
    expect([(await app.inject('/livez')).statusCode, await ready()]).toEqual([200, 200]);
    state.ready = false;
    expect(await ready()).toBe(503);
    state.ready = true;
    state.stopping = true;
    expect([(await app.inject('/livez')).statusCode, await ready()]).toEqual([200, 503]);
  });

  test('while it stops, what still comes is answered and its connection closed', async () => {
    const { app, state } = await bench();
    expect((await app.inject('/v1/estimates/p1')).headers.connection).not.toBe('close');
    state.stopping = true;
    const answer = await app.inject('/v1/estimates/p1');
    expect([answer.statusCode, answer.headers.connection]).toEqual([200, 'close']);
  });

  test('while it stops, whoever asked nothing or half a question holds nobody up; a whole question is answered', async () => {
    const { app, source, clock, state } = await bench();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const dial = async (sent: string) => {
      const socket = connect(port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => undefined); // cut off
      const closed = closeOf(socket);
      await once(socket, 'connect');
      await new Promise<void>((resolve) => void socket.write(sent, () => resolve()));
      return { closed, text: () => Buffer.concat(chunks).toString() };
    };
    const letGo = source.hold();
    const post = `POST ${BATCH} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n{"prop`;
    const silent = [await dial(''), await dial('GET /v1/est'), await dial(post)];
    const asking = await dial('GET /v1/estimates/p1?deadlineMs=5000 HTTP/1.1\r\nhost: a\r\n\r\n');
    while (source.open() === 0) await settle();
    state.stopping = true;
    const closing = app.close();
    while (clock.nextAt === null || clock.nextAt > clock.now() + ARRIVAL_GRACE_MS) await settle();
    await clock.advance(ARRIVAL_GRACE_MS);
    await Promise.all(silent.map(({ closed }) => closed));
    expect([silent.map(({ text }) => text()), asking.text()]).toEqual([['', '', ''], '']);
    letGo();
    await Promise.all([asking.closed, closing]);
    expect(asking.text()).toContain(`{"propertyId":"p1","status":"available","estimate":${VALUE}}`);
  });

  test('what is not HTTP is refused with a problem document too', async () => {
    const { app } = await bench();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const answerTo = async (sent: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      socket.end(sent);
      const chunks: Buffer[] = [];
      for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
    const refused = await answerTo('what is this\r\n\r\n');
    expect(refused).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"invalid-request"/);
    const swollen = await answerTo(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(swollen).toMatch(/^HTTP\/1\.1 431 [^]*"code":"header-too-large"/);
  });

  test('the OpenAPI 3.1 document names every route as it is called, and /docs shows it', async () => {
    const { app } = await bench();
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
    const { app, metered } = await bench();
    const refused = await app.inject('/docs/static/nothing.js');
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([404, 'unknown-route']);
    expect(metered).toEqual(['GET /docs/* 404']);
  });

  test('each answer is counted by route, code and home', async () => {
    const { app, metered } = await bench();
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
});
