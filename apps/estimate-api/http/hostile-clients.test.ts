import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ApiBench, ApiBenchOptions } from '../testing/api-bench.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { eventually } from '../testing/eventually.ts';
import { closeOf } from '../testing/raw-http.ts';
import { settle } from '../testing/reading-bench.ts';
import {
  BODY_BYTES_MAX,
  CONNECTION_CHECK_MS,
  CONNECTION_IDLE_MS,
  DEADLINE_MS_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  REQUEST_TIMEOUT_MS,
} from './limits.ts';
import { REFUSED_LINGER_MS } from './refuse-bad-http.ts';

const BATCH = '/v1/estimates:batchGet';
const GET = 'GET /v1/estimates/p1 HTTP/1.1\r\nhost: a\r\n\r\n';
const dialled: Socket[] = [];
afterEach(() => {
  for (const socket of dialled.splice(0)) socket.destroy();
});
const openBench = apiBenchesOfFile();

async function bench(options?: ApiBenchOptions) {
  const all = await openBench(options);
  await all.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = all.app.server.address() as AddressInfo;
  /** @param isStubborn keeps its side open when the server has closed its own */
  const dial = async (sent = '', isStubborn = false) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: isStubborn });
    dialled.push(socket);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    const closed = closeOf(socket);
    await once(socket, 'connect');
    if (sent !== '') socket.write(sent);
    return { socket, closed, text: () => Buffer.concat(chunks).toString() };
  };
  const answerTo = async (sent: string) => {
    const dialled = await dial(sent);
    dialled.socket.end();
    await dialled.closed;
    return dialled.text();
  };
  return { ...all, dial, answerTo };
}

const codeIn = (answer: string): string => `${answer.slice(9, 12)} ${/"code":"([a-z-]+)"/.exec(answer)?.[1]}`;

/** As the server sees it: a client may keep its side open for ever. */
async function untilNobodyIsConnected({ server }: ApiBench['app']): Promise<void> {
  const connected = async (): Promise<number> =>
    await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  await eventually('nobody is connected', async () => (await connected()) === 0);
}

describe('slow clients', () => {
  test('the time-outs are those that are named, and none of them is waited for in vain', async () => {
    const { app } = await bench();
    const { headersTimeout, requestTimeout, keepAliveTimeout, timeout } = app.server;
    expect([headersTimeout, requestTimeout, keepAliveTimeout, timeout]).toEqual([
      HEADERS_TIMEOUT_MS,
      REQUEST_TIMEOUT_MS,
      KEEP_ALIVE_MS,
      CONNECTION_IDLE_MS,
    ]);
    expect(HEADERS_TIMEOUT_MS < REQUEST_TIMEOUT_MS && CONNECTION_IDLE_MS > DEADLINE_MS_MAX).toBe(true);
    expect(CONNECTION_CHECK_MS).toBeLessThanOrEqual(1_000);
  });

  test.each([
    ['says nothing', '', ''],
    ['sends a head byte by byte', 'GET /v1/estimates/p1 HTTP/1.1\r\nhost: a\r\nx: ', 'x'],
    [
      'sends a body byte by byte',
      `POST ${BATCH} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n{`,
      ' ',
    ],
    [
      'sends chunks byte by byte',
      `POST ${BATCH} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
      '1\r\n \r\n',
    ],
  ])(
    'whoever %s is cut off with a problem document, and others are answered meanwhile',
    async (_how, first, drop) => {
      const { app, dial, clock, answerTo } = await bench();
      app.server.headersTimeout = 100;
      app.server.requestTimeout = 100;
      const slow = await dial(first, true);
      const dripping = setInterval(() => drop !== '' && slow.socket.write(drop), 20);
      try {
        expect(codeIn(await answerTo(GET.replace('host', 'connection: close\r\nhost')))).toBe('200 undefined');
        await eventually('the slow one is answered', () => slow.text().length > 0);
        expect(codeIn(slow.text())).toBe('408 request-timeout');
        await clock.advance(REFUSED_LINGER_MS); // it goes on dripping: nobody listens any more
        await untilNobodyIsConnected(app);
      } finally {
        clearInterval(dripping);
      }
    },
    30_000,
  );

  test('whoever does not read the answer is let go when nothing has moved for long', async () => {
    const { app, dial } = await bench();
    app.server.timeout = 200;
    app.server.keepAliveTimeout = 200;
    const asking = await dial();
    asking.socket.pause();
    // 1.5 MB each: more than the kernel takes from us.
    asking.socket.write('GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(20));
    await untilNobodyIsConnected(app);
  }, 30_000);

  test('a refused socket is closed however much still comes on it', async () => {
    const { app, dial, clock } = await bench();
    const mad = await dial('what is this\r\n\r\n', true);
    const flooding = setInterval(() => mad.socket.write('more '.repeat(100)), 10);
    try {
      await eventually('the mad one is refused', () => mad.text().includes('invalid-request'));
      await clock.advance(REFUSED_LINGER_MS);
      await untilNobodyIsConnected(app);
    } finally {
      clearInterval(flooding);
    }
  }, 30_000);
});

describe('many clients', () => {
  test('at the bound a connection is closed as it comes, and whoever is only kept alive makes room', async () => {
    const { dial, answerTo, metered } = await bench({ web: { connectionsMax: 3 } });
    const kept = [await dial(GET), await dial(GET), await dial(GET)];
    await eventually('each kept one is answered', () => kept.every(({ text }) => text().includes('available')));
    expect(await answerTo(GET)).toBe('');
    await Promise.all(kept.map(({ closed }) => closed));
    expect(metered).toContain('turned away');
    expect(codeIn(await answerTo(GET))).toBe('200 undefined');
  });

  test('whoever waits for an answer is not let go to make room', async () => {
    const { dial, answerTo, source } = await bench({ web: { connectionsMax: 1 } });
    const letGo = source.hold();
    const asking = await dial(GET);
    while (source.open() === 0) await settle();
    expect(await answerTo(GET)).toBe('');
    letGo();
    await eventually('it is answered', () => asking.text().includes('"status":"available"'));
  });
});

describe('bodies and heads', () => {
  const post = (headers: string, body: string | Buffer = '') =>
    Buffer.concat([
      Buffer.from(
        `POST ${BATCH} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`,
      ),
      Buffer.from(body),
    ]).toString('latin1');

  test.each([
    'gzip',
    'GZIP',
    'deflate',
    'br',
    'zstd',
    'gzip, gzip',
    'compress',
    'x-gzip',
    'identity, gzip',
    'aws-chunked',
  ])('a body with the content-encoding %s is refused unread, however well it would unfold', async (encoding) => {
    const { app } = await bench();
    const bomb = gzipSync(Buffer.from(`{"propertyIds":["${' '.repeat(10_000_000)}"]}`));
    const answer = await app.inject({
      method: 'POST',
      url: BATCH,
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      payload: bomb,
    });
    expect([answer.statusCode, answer.json<{ code: string }>().code, answer.headers['accept-encoding']]).toEqual([
      415,
      'unsupported-encoding',
      'identity',
    ]);
  });

  test('the content-encoding identity is none', async () => {
    const { app } = await bench();
    const headers = { 'content-type': 'application/json', 'content-encoding': 'identity' };
    const answer = await app.inject({ method: 'POST', url: BATCH, headers, payload: '{"propertyIds":["p1"]}' });
    expect(answer.statusCode).toBe(200);
  });

  test.each([
    ['a body that says it is too long', post(`content-length: ${BODY_BYTES_MAX + 1}`), '413 body-too-large'],
    [
      'a chunked body that becomes too long',
      post('transfer-encoding: chunked', `ffffff\r\n${'x'.repeat(70_000)}`),
      '413 body-too-large',
    ],
    ['two lengths', post('content-length: 2\r\ncontent-length: 3', '{}'), '400 invalid-request'],
    ['a length and chunks', post('content-length: 2\r\ntransfer-encoding: chunked', '{}'), '400 invalid-request'],
    ['a length that is no number', post('content-length: 2x', '{}'), '400 invalid-request'],
    ['a length below zero', post('content-length: -2', '{}'), '400 invalid-request'],
    ['a head that is too long', post(`x: ${'x'.repeat(17_000)}`), '431 header-too-large'],
    [
      'a thousand headers',
      post(Array.from({ length: 2_000 }, (_, at) => `x-${at}: ${at}`).join('\r\n')),
      '431 header-too-large',
    ],
    ['an address that is too long', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, '431 header-too-large'],
    ['HTTP/1.1 without a host', 'GET /v1/estimates/p1 HTTP/1.1\r\nconnection: close\r\n\r\n', '400 invalid-request'],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400 invalid-request'],
    ['a method that nobody knows', 'FLY /v1/estimates/p1 HTTP/1.1\r\nhost: a\r\n\r\n', '400 invalid-request'],
    ['a header with a line of its own', 'GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n', '400 invalid-request'],
    [
      'an expectation',
      'GET /v1/estimates/p1 HTTP/1.1\r\nhost: a\r\nexpect: miracles\r\nconnection: close\r\n\r\n',
      '200 undefined',
    ],
    ['HTTP/1.0 without a host', 'GET /v1/estimates/p1 HTTP/1.0\r\n\r\n', '200 undefined'],
  ])('%s', async (_what, sent, expected) => {
    const { dial } = await bench();
    const { socket, closed, text } = await dial();
    socket.end(Buffer.from(sent, 'latin1'));
    await closed;
    expect(codeIn(text())).toBe(expected);
    if (!expected.startsWith('200'))
      expect(text()).toMatch(/^HTTP\/1\.1 \d{3} [^]*\r\ncontent-type: application\/problem\+json/);
  });

  test('no answer, whatever went wrong, has a stack trace or a path of ours in it', async () => {
    const { app } = await bench({
      viewerOf: () => {
        throw Object.assign(new Error('secret internals at server.ts:1'), { statusCode: 500 });
      },
    });
    for (const url of ['/v1/estimates/p1', '/nowhere', '/v1/estimates/%ff', '/docs/static/..%2f..%2fpackage.json']) {
      const { body } = await app.inject(url);
      expect(body).not.toMatch(/\\n\s*at |:\d+:\d+\)|node_modules|\.ts\b|secret internals/);
    }
  });
});
