import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BATCH } from '../testing/addresses.ts';
import { fuzzBenchOfFile, latin1, odd, requestBytes as request } from '../testing/fuzz-bench.ts';
import { answersIn, sendBytes } from '../testing/raw-http.ts';
import { EVENT_STREAM, NDJSON } from '../testing/stream-client.ts';

/** Whatever anybody sends to the real server: no 5xx, no hang, no crash, and each refusal a problem document of the table. */

const TEST_MS = 60_000;
const { holds, port, bearer } = fuzzBenchOfFile();

const encoded = fc.oneof(
  odd,
  fc.string({ unit: 'grapheme' }).map((text) => encodeURIComponent(text.toWellFormed())),
  latin1.map((text) => text.replaceAll(/[\s#]/g, '')),
);
const number = fc.oneof(fc.double().map(String), fc.integer().map(String), odd);

const target = fc
  .tuple(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom(
          '/v1/estimates/p1',
          BATCH,
          '/v1/map/estimates',
          '/v1/map/density',
          '/docs',
          '/openapi.json',
          '/livez',
          '/readyz',
          '*',
        ),
      },
      { weight: 3, arbitrary: encoded.map((id) => `/v1/estimates/${id}`) },
      { weight: 1, arbitrary: fc.array(encoded, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`) },
      { weight: 1, arbitrary: encoded.map((part) => `/docs/static/${part}`) },
      { weight: 1, arbitrary: encoded.map((part) => `http://a/${part}`) },
    ),
    fc.array(
      fc.tuple(
        fc.oneof(fc.constantFrom('west', 'south', 'east', 'north', 'zoom', 'limit', 'deadlineMs'), encoded),
        fc.oneof(number, encoded),
      ),
      { maxLength: 8 },
    ),
  )
  .map(([path, query]) =>
    query.length === 0 ? path : `${path}?${query.map(([name, value]) => `${name}=${value}`).join('&')}`,
  );

const headerName = fc.constantFrom(
  'authorization',
  'x-viewer-role',
  'x-session-id',
  'x-request-id',
  'x-forwarded-for',
  'x-gateway-secret',
  'traceparent',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'content-length',
  'expect',
  'upgrade',
  'connection',
  'te',
  'trailer',
  'host',
  'origin',
  'access-control-request-method',
  'access-control-request-headers',
  'accept',
  'range',
  'if-none-match',
  'cookie',
  'forwarded',
  'x-http-method-override',
);
const headerValue = fc.oneof(
  latin1,
  odd,
  fc.constantFrom(
    'application/json',
    EVENT_STREAM,
    NDJSON,
    'text/*;q=0.5, */*;q=0',
    'application/json; charset=utf-16',
    'multipart/form-data; boundary=a',
    'gzip',
    'identity',
    'chunked',
    '100-continue',
    'websocket',
    'h2c',
    'close',
    'agent',
    'https://console.example',
    'null',
    'GET',
    '0',
    '2',
    '99999999999999999999',
    '-1',
    '1, 1',
    'bytes=0-1',
    '203.0.113.1, ::1',
    'Bearer ',
    'Bearer a.b.c',
    'bearer eyJhbGciOiJub25lIn0.e30.',
  ),
);
const headers = fc.array(fc.tuple(headerName, headerValue), { maxLength: 6 });
const method = fc.constantFrom(
  'GET',
  'GET',
  'POST',
  'POST',
  'HEAD',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'QUERY',
  'CONNECT',
  'LINK',
);

/** A batch of which any part may be anything. */
const anyBatch = fc.record(
  {
    propertyIds: fc.oneof(
      fc.array(fc.oneof(fc.constantFrom('p1', 'p2', 'ghost'), fc.string(), fc.jsonValue()), { maxLength: 6 }),
      fc.jsonValue(),
    ),
    deadlineMs: fc.oneof(fc.integer({ min: -1, max: 6_000 }), fc.jsonValue()),
    viewport: fc.oneof(
      fc.record({ west: fc.double(), south: fc.double(), east: fc.double(), north: fc.double() }, { requiredKeys: [] }),
      fc.jsonValue(),
    ),
    zoom: fc.oneof(fc.integer({ min: -1, max: 30 }), fc.jsonValue()),
    extra: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const deep = fc.constantFrom('[', '{"a":').map((open) => open.repeat(20_000));
const body = fc.oneof(
  { weight: 5, arbitrary: anyBatch.map((value) => Buffer.from(JSON.stringify(value))) },
  { weight: 2, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: deep.map((text) => Buffer.from(text)) },
);

describe('nothing that is sent breaks the server, and each refusal is a problem document:', () => {
  test(
    'any address and query',
    async () => {
      await holds(fc.record({ method: fc.constant('GET'), target }), request);
    },
    TEST_MS,
  );

  test(
    'any headers, with any method, with and without a token',
    async () => {
      const drawn = fc.record({ method, target, headers, isKnown: fc.boolean() });
      await holds(drawn, ({ isKnown, ...rest }) =>
        request(isKnown ? { ...rest, headers: [['authorization', bearer()], ...rest.headers] } : rest),
      );
    },
    TEST_MS,
  );

  test(
    'any body of a batch',
    async () => {
      const drawn = fc.record({
        body,
        type: fc.constantFrom('application/json', 'application/json; charset=utf-8', 'text/json', ''),
      });
      await holds(drawn, ({ body: sent, type }) =>
        request({ method: 'POST', target: BATCH, headers: [['content-type', type]], body: sent }),
      );
    },
    TEST_MS,
  );

  test(
    'any bytes: a sane exchange of which pieces are cut out, doubled, or replaced',
    async () => {
      const sane = Buffer.concat([
        request({
          method: 'POST',
          target: BATCH,
          headers: [['content-type', 'application/json']],
          body: Buffer.from('{"propertyIds":["p1"]}'),
        }),
        request({ method: 'GET', target: '/v1/estimates/p1?deadlineMs=5' }),
      ]);
      const cut = fc.record({
        at: fc.nat({ max: sane.length }),
        length: fc.nat({ max: 20 }),
        put: fc.oneof(
          fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
          fc
            .constantFrom('\r\n', '\r\n\r\n', '\n', '\0', ':', ' ', 'transfer-encoding: chunked\r\n')
            .map((text) => Buffer.from(text)),
        ),
        times: fc.integer({ min: 0, max: 3 }),
      });
      await holds(fc.array(cut, { maxLength: 4 }), (cuts) =>
        cuts.reduce(
          (bytes, { at, length, put, times }) =>
            Buffer.concat([
              bytes.subarray(0, at),
              ...Array.from({ length: times }, () => put),
              bytes.subarray(at + length),
            ]),
          sane,
        ),
      );
    },
    TEST_MS,
  );

  test(
    'nothing but noise',
    async () => {
      await holds(fc.uint8Array({ minLength: 1, maxLength: 400 }), (bytes) => Buffer.from(bytes));
    },
    TEST_MS,
  );
});

test.each([
  ['ids nested ten deep', `{"propertyIds":[${'['.repeat(9)}${']'.repeat(9)}]}`, '400 invalid-property-id'],
  [
    'ids nested twenty thousand deep',
    `{"propertyIds":[${'['.repeat(20_000)}${']'.repeat(20_000)}]}`,
    '400 invalid-json',
  ],
  [
    'a viewport nested as deep',
    `{"propertyIds":["p1"],"zoom":16,"viewport":${'{"west":'.repeat(6_000)}1${'}'.repeat(6_000)}}`,
    '400 invalid-json',
  ],
  [
    'a number of sixty thousand digits',
    `{"propertyIds":["p1"],"deadlineMs":${'9'.repeat(60_000)}}`,
    '400 invalid-deadline',
  ],
  ['a key given twice', '{"propertyIds":["p1"],"propertyIds":["p1"]}', '200 undefined'],
  ['a constructor', '{"propertyIds":["p1"],"constructor":{"prototype":{"role":"agent"}}}', '400 invalid-json'],
  ['half of a letter', '{"propertyIds":["\\ud800"]}', '400 invalid-property-id'],
  ['a byte order mark', '\ufeff{"propertyIds":["p1"]}', '200 undefined'],
])('%s', async (_what, text, expected) => {
  const sent = request({
    method: 'POST',
    target: BATCH,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(text),
  });
  const [answer] = answersIn(await sendBytes(port(), sent), false);
  const { code } = JSON.parse(answer?.body ?? '{}') as { code?: string };
  expect(`${answer?.status} ${code}`).toBe(expected);
});
