import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { BATCH } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { eventually } from '../testing/eventually.ts';
import { closeOf } from '../testing/raw-http.ts';
import { NDJSON } from '../testing/stream-client.ts';
import { STREAM_CHUNK_BYTES_MAX, STREAM_READ_MS_MAX, STREAM_STOP_MS } from './limits.ts';

const clients: Socket[] = [];
afterEach(() => {
  for (const socket of clients.splice(0)) socket.destroy(); // else a stop would wait for those that a failed test left
});
const openBench = apiBenchesOfFile();

/** A batch's worth of homes with long names: some 75 kB of answer. */
const IDS = Array.from({ length: 500 }, (_, at) => `home-${String(at).padStart(3, '0')}-${'x'.repeat(50)}`);

/** The request of a batch as bytes. */
function batchOf(propertyIds: readonly string[], { accept = NDJSON, deadlineMs = 1_000, last = true } = {}): string {
  const payload = JSON.stringify({ propertyIds, deadlineMs });
  const head = [
    `POST ${BATCH} HTTP/1.1`,
    'host: a',
    `accept: ${accept}`,
    'content-type: application/json',
    `content-length: ${payload.length}`,
    ...(last ? ['connection: close'] : []),
  ];
  return `${head.join('\r\n')}\r\n\r\n${payload}`;
}

/** A server whose own ends of its connections are at hand. */
async function bench() {
  const all = await openBench();
  const ends: Socket[] = [];
  await all.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = all.app.server.address() as AddressInfo;
  /** @param isHeld the server's end sends nothing until it is uncorked, as if the client's window were closed */
  const dial = async (isHeld: boolean) => {
    const connected = once(all.app.server, 'connection') as Promise<[Socket]>;
    const socket = connect({ port, host: '127.0.0.1' });
    clients.push(socket);
    socket.on('error', () => undefined);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    const [end] = await connected;
    if (isHeld) end.cork();
    ends.push(end);
    return { socket, end, closed: closeOf(socket), text: () => Buffer.concat(chunks).toString() };
  };
  return { ...all, port, dial };
}

test('a client that reads slowly holds back the deciding: one chunk waits, and what is hidden meanwhile is not shown', async () => {
  const { dial, home, plant, rule, clock, metered } = await bench();
  await rule({ mlsId: 'mls', ruleVersion: 1, activeLevel: 'unregistered', offMarketLevel: 'unregistered' });
  for (const id of IDS) home(id, { mlsId: 'mls' });
  await clock.advance(5_000);
  for (const id of IDS) await plant(id);
  const { socket, end, closed, text } = await dial(true);
  socket.write(batchOf(IDS));
  await eventually('a chunk waits', () => end.writableLength > STREAM_CHUNK_BYTES_MAX);
  await new Promise((resolve) => setImmediate(resolve));
  expect(end.writableLength).toBeLessThan(2 * STREAM_CHUNK_BYTES_MAX);
  await rule({ mlsId: 'mls', ruleVersion: 2, activeLevel: 'agent', offMarketLevel: 'agent' });
  end.uncork();
  await closed;
  const lines = text()
    .split('\n')
    .filter((line) => line.startsWith('{"'));
  const shown = lines.filter((line) => line.includes('"available"'));
  const hidden = lines.filter((line) => line.includes('"restricted"'));
  expect([shown.length + hidden.length, lines.at(-1)]).toEqual([500, '{"end":{"reason":"complete","pending":0}}']);
  expect(shown.join('\n').length).toBeLessThan(2 * STREAM_CHUNK_BYTES_MAX);
  expect(metered.filter((line) => line === 'home batch restricted hit')).toHaveLength(hidden.length);
});

test('a client that never reads is cut off, and what was kept for it is let go', async () => {
  const { dial, home, plant, clock, metered, reader } = await bench();
  for (const id of IDS) home(id);
  for (const id of IDS) await plant(id);
  const { socket, end, closed } = await dial(true);
  socket.write(batchOf(IDS, { deadlineMs: 300 }));
  await eventually('a chunk waits', () => end.writableLength > STREAM_CHUNK_BYTES_MAX);
  await clock.advance(300 + STREAM_READ_MS_MAX - 1);
  expect(end.destroyed).toBe(false);
  await clock.advance(1);
  await closed;
  await eventually('it is metered', () => metered.includes('stream batch ndjson cut first byte'));
  await reader.settled();
  const told = metered.filter((line) => line.startsWith('home batch'));
  expect(told.length).toBeLessThan(IDS.length / 2); // the rest was never decided
});

test('streams that are asked for one behind the other on a connection hold a chunk each, and all end with it', async () => {
  const { dial, home, plant, metered, app, clock } = await bench();
  for (const id of IDS) home(id);
  for (const id of IDS) await plant(id);
  const { socket, end, closed } = await dial(true);
  socket.write(Array.from({ length: 20 }, () => batchOf(IDS, { last: false })).join(''));
  await eventually('a chunk waits', () => end.writableLength > STREAM_CHUNK_BYTES_MAX);
  await new Promise((resolve) => setImmediate(resolve));
  expect(end.writableLength).toBeLessThan(2 * STREAM_CHUNK_BYTES_MAX); // that of the first; the others wait for their turn
  socket.destroy();
  await closed;
  end.uncork(); // what waits meets a client that is gone
  const ended = () => metered.filter((line) => line.startsWith('stream batch ndjson')).length;
  const begun = () => metered.filter((line) => line === 'POST /v1/estimates:batchGet 200').length;
  await eventually('those that were begun are over', () => ended() > 1 && ended() >= begun());
  // Nothing is left that a stop would wait for, or that a clock would have to end.
  await Promise.all([app.close(), clock.advance(STREAM_STOP_MS)]);
});
