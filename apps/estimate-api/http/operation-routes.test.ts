import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { BATCH } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { closeOf } from '../testing/raw-http.ts';
import { jsonOfValue, settle } from '../testing/reading-bench.ts';
import { ARRIVAL_GRACE_MS } from './close-silent-sockets.ts';

const VALUE = jsonOfValue(500_000);
const openBench = apiBenchesOfFile();

test('alive always, ready when it says so and not while it stops', async () => {
  const { app, state } = await openBench();
  const ready = async () => (await app.inject('/readyz')).statusCode;
  expect([(await app.inject('/livez')).statusCode, await ready()]).toEqual([200, 200]);
  state.ready = false;
  expect(await ready()).toBe(503);
  state.ready = true;
  state.stopping = true;
  expect([(await app.inject('/livez')).statusCode, await ready()]).toEqual([200, 503]);
});

test('while it stops, what still comes is answered and its connection closed', async () => {
  const { app, state } = await openBench();
  expect((await app.inject('/v1/estimates/p1')).headers.connection).not.toBe('close');
  state.stopping = true;
  const answer = await app.inject('/v1/estimates/p1');
  expect([answer.statusCode, answer.headers.connection]).toEqual([200, 'close']);
});

test('while it stops, whoever asked nothing or half a question holds nobody up; a whole question is answered', async () => {
  const { app, source, clock, state } = await openBench();
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
