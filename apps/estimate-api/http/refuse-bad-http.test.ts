import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { ManualClock } from '@porchlight/stream';
import { REFUSED_LINGER_MS, refuseBadHttp } from './refuse-bad-http.ts';

function bench() {
  const written: string[] = [];
  // Whoever is at the other end keeps it open.
  const socket = new Duplex({
    allowHalfOpen: true,
    autoDestroy: false,
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString());
      done();
    },
  });
  return { clock: new ManualClock(0), socket: socket as Socket, written };
}
const errorOf = (code: string): NodeJS.ErrnoException => Object.assign(new Error('bad'), { code });

test.each([
  ['HPE_HEADER_OVERFLOW', '431', 'header-too-large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408', 'request-timeout'],
  ['HPE_INVALID_METHOD', '400', 'invalid-request'],
])('%s is answered with %s, and the socket closed a moment later', async (error, status, code) => {
  const { clock, socket, written } = bench();
  refuseBadHttp(errorOf(error), socket, clock);
  expect(written.join('')).toMatch(
    new RegExp(`^HTTP/1\\.1 ${status} [^]*connection: close\\r\\n\\r\\n\\{[^]*"code":"${code}"`),
  );
  await clock.advance(REFUSED_LINGER_MS - 1);
  expect(socket.destroyed).toBe(false);
  await clock.advance(1);
  expect(socket.destroyed).toBe(true);
});

test('whoever has gone, or was answered already, is closed at once', () => {
  const [gone, answered] = [bench(), bench()];
  refuseBadHttp(errorOf('ECONNRESET'), gone.socket, gone.clock);
  answered.socket.end();
  refuseBadHttp(errorOf('ERR_HTTP_REQUEST_TIMEOUT'), answered.socket, answered.clock);
  expect([gone.socket.destroyed, gone.written, answered.socket.destroyed, answered.written]).toEqual([
    true,
    [],
    true,
    [],
  ]);
});
