import { describe, expect, test } from '@jest/globals';
import { BODY_BYTES_MAX } from './limits.ts';
import { plainRequestIn } from './plain-request.ts';

const request = (fields: readonly string[] = [], body = '', first = 'POST /v1/estimates:batchGet HTTP/1.1'): Buffer =>
  Buffer.from(`${[first, 'host: a', ...fields].join('\r\n')}\r\n\r\n${body}`, 'latin1');

test('a call as most are: where it ends, and what its refusal says back', () => {
  const sent = request(
    [
      'Connection: keep-alive',
      'X-Request-Id: mine',
      'Origin: https://console.example',
      'Content-Length: 4',
      'cookie: a=b',
    ],
    'body',
  );
  expect(plainRequestIn(sent)).toEqual({
    method: 'POST',
    url: '/v1/estimates:batchGet',
    bytes: sent.length,
    requestId: 'mine',
    origin: 'https://console.example',
  });
});

test('one without a body', () => {
  const sent = request([], '', 'GET /v1/estimates/p1?deadlineMs=5 HTTP/1.1');
  expect(plainRequestIn(sent)).toMatchObject({
    method: 'GET',
    url: '/v1/estimates/p1?deadlineMs=5',
    bytes: sent.length,
  });
});

test('of one whose body is still to come it is known where that ends', () => {
  const sent = request(['content-length: 1000'], 'b');
  expect(plainRequestIn(sent)?.bytes).toBe(sent.length + 999);
});

describe('the parser decides', () => {
  test.each([
    ['a head that is not whole', Buffer.from('POST /v1/estimates:batchGet HTTP/1.1\r\nhost: a\r\n')],
    ['more than one request', Buffer.concat([request(), request()])],
    ['bytes behind the body', request(['content-length: 1'], 'ab')],
    ['bytes behind a head without a length', request([], 'a')],
    ['health', request([], '', 'GET /livez HTTP/1.1')],
    ['another method', request([], '', 'HEAD /v1/estimates/p1 HTTP/1.1')],
    ['an older version', request([], '', 'GET /v1/estimates/p1 HTTP/1.0')],
    ['an empty line first', Buffer.concat([Buffer.from('\r\n'), request()])],
    ['chunks', request(['transfer-encoding: chunked'], '0\r\n\r\n')],
    ['chunks in capitals', request(['Transfer-Encoding: chunked'])],
    ['chunks, a space before the colon', request(['Transfer-Encoding : chunked'])],
    ['chunks in a folded line', request(['x: 1\r\n Transfer-Encoding: chunked'])],
    ['chunks behind a bare line end', request(['x: 1\nTransfer-Encoding: chunked'])],
    ['chunks behind a bare carriage return', request(['x: 1\rTransfer-Encoding: chunked'])],
    ['two lengths', request(['content-length: 1', 'content-length: 1'], 'a')],
    ['a list of lengths', request(['content-length: 1, 1'], 'a')],
    ['a length with a sign', request(['content-length: +1'], 'a')],
    ['a length in hexadecimal', request(['content-length: 0x1'], 'a')],
    ['a length that is none', request(['content-length: '])],
    ['a length with a space before the colon', request(['content-length : 1'], 'a')],
    ['a body above the bound', request([`content-length: ${BODY_BYTES_MAX + 1}`], 'a')],
    ['a head above the bound', request([`x: ${'x'.repeat(20_000)}`])],
    ['who waits to be told to go on', request(['expect: 100-continue', 'content-length: 1'])],
    ['another protocol', request(['connection: upgrade', 'upgrade: websocket'])],
    ['who closes behind it', request(['connection: close'])],
    ['a field without a colon', request(['nonsense'])],
    ['a field without a name', request([': x'])],
    ['a control character', request(['x: a\u0000b'])],
    ['nothing', Buffer.alloc(0)],
  ])('%s', (_, sent) => {
    expect(plainRequestIn(sent)).toBeNull();
  });
});
