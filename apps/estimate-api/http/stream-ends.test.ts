import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { BATCH } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { eventually } from '../testing/eventually.ts';
import { estimateOf } from '../testing/reading-bench.ts';
import { askForStream, NDJSON, openStream } from '../testing/stream-client.ts';
import { STREAM_HOMES_MAX, STREAM_STOP_MS } from './limits.ts';

const openBench = apiBenchesOfFile();

async function bench() {
  const all = await openBench();
  await all.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...all, port: (all.app.server.address() as AddressInfo).port };
}

test('a stream under way when the server stops is ended with its end, soon, and others are let go', async () => {
  const { port, home, source, plant, app, clock } = await bench();
  for (const id of ['h', 'm']) {
    home(id);
    source.set(id, estimateOf(1));
  }
  await plant('h');
  source.hold();
  const stream = await openStream({
    port,
    path: BATCH,
    accept: NDJSON,
    body: { propertyIds: ['m', 'h'], deadlineMs: 5_000 },
  });
  await stream.comes(1);
  const stopped = app.close();
  await eventually('the server takes no more', () => !app.server.listening);
  expect(stream.events).toHaveLength(1);
  await clock.advance(STREAM_STOP_MS);
  expect([await stream.ended(), stream.events.slice(1).map(({ event, data }) => `${event} ${data}`)]).toEqual([
    true,
    ['result {"propertyId":"m","status":"pending"}', 'end {"reason":"stopping","pending":1}'],
  ]);
  await stopped;
});

test('a stream that ends by itself meanwhile is whole', async () => {
  const { port, source, app, clock } = await bench();
  const release = source.hold();
  const asked = openStream({ port, path: BATCH, accept: NDJSON, body: { propertyIds: ['ghost', 'p1'] } });
  const stream = await asked;
  await stream.comes(1);
  const stopped = app.close();
  await eventually('the server takes no more', () => !app.server.listening);
  release();
  expect([await stream.ended(), stream.events.at(-1)?.data]).toEqual([true, '{"reason":"complete","pending":0}']);
  await stopped;
  await clock.advance(STREAM_STOP_MS);
});

test('what all streams may hold is bounded: one more is refused, and let in when others have ended', async () => {
  const { port, source, clock, metered } = await bench();
  source.hold();
  const body = { propertyIds: Array.from({ length: 500 }, () => 'p1'), deadlineMs: 1_000 };
  const open = Array.from({ length: STREAM_HOMES_MAX / 500 }, () =>
    askForStream({ port, path: BATCH, accept: NDJSON, body }),
  );
  for (const { answered } of open) answered.catch(() => undefined);
  await Promise.all(open.map(({ sent }) => sent));
  let refused = await openOne();
  await eventually('one is refused', async () => {
    if (refused.status === 503) return true;
    refused = await openOne();
    return false;
  });
  expect(JSON.parse(refused.text())).toMatchObject({ code: 'overloaded', status: 503 });
  for (const { leave } of open) leave();
  await eventually('they are over', () => metered.filter((line) => line.includes(' gone ')).length >= open.length);
  const again = openOne();
  await clock.advance(1);
  expect((await again).status).toBe(200);

  /** With what it told, if it was refused. */
  async function openOne() {
    const asked = askForStream({ port, path: BATCH, accept: NDJSON, body: { ...body, deadlineMs: 1 } });
    const ticking = setInterval(() => void clock.advance(1), 5);
    try {
      const stream = await asked.answered;
      await stream.ended();
      return stream;
    } finally {
      clearInterval(ticking);
    }
  }
}, 60_000);
