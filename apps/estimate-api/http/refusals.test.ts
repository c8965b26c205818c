import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { BATCH } from '../testing/addresses.ts';
import { createApiBench, type ApiBench } from '../testing/api-bench.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { problems } from './problem.ts';

const openBench = apiBenchesOfFile();

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
  const { app } = await openBench();
  const propertyIds = Array.from({ length: 500 }, (_, at) => `ghost-${'x'.repeat(54)}${String(at).padStart(4, '0')}`);
  const answer = await app.inject(post({ propertyIds }));
  expect(answer.json<{ results: unknown[] }>().results).toEqual(
    propertyIds.map((propertyId) => ({ propertyId, status: 'unknown' })),
  );
});

test('a bug of ours is a 500 that tells nothing, with the same id in the log', async () => {
  const { app, logged } = await openBench({
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
