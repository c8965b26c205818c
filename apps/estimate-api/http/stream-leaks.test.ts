import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { defaultReadingLimits } from '../reading/index.ts';
import { BATCH, VIEW } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { eventually } from '../testing/eventually.ts';
import { estimateOf } from '../testing/reading-bench.ts';
import { askForStream, EVENT_STREAM, NDJSON } from '../testing/stream-client.ts';

const STREAMS = 1_000;
/** As many for each as may wait for one fetch, if all of them do: else those above were told at once, and had nothing to leave. */
const HOMES = Math.floor(defaultReadingLimits.waitersMax / STREAMS) - 2;
const openBench = apiBenchesOfFile();

async function bench() {
  const all = await openBench();
  await all.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...all, port: (all.app.server.address() as AddressInfo).port };
}

test('a thousand streams whose clients go leave nothing in flight, and what was begun for them is cached', async () => {
  const { port, home, source, metered, reader, app, unplanned, logged } = await bench();
  const ids = Array.from({ length: HOMES }, (_, at) => `m${at}`);
  for (const id of ids) {
    home(id);
    source.set(id, estimateOf(1));
  }
  const release = source.hold();
  const batch = { path: BATCH, body: { propertyIds: ids, deadlineMs: 5_000 } };
  const map = { path: `/v1/map/estimates?${VIEW}&deadlineMs=5000` };
  let arrived = 0;
  // Whole: who goes in the middle of a question has asked for nothing.
  app.server.on('request', (asked: IncomingMessage) => {
    if (asked.method === 'GET') arrived += 1;
    else asked.once('end', () => void (arrived += 1));
  });
  const gone = () => metered.filter((line) => /^stream (batch|map) \S+ gone/.test(line)).length;
  for (let asked = 0; asked < STREAMS;) {
    const streams = Array.from({ length: 50 }, (_, at) => {
      const accept = at % 2 === 0 ? NDJSON : EVENT_STREAM;
      return askForStream({ port, accept, ...(at % 3 === 0 ? map : batch) });
    });
    asked += streams.length;
    for (const { answered } of streams) answered.catch(() => undefined);
    await eventually('all are asked', () => arrived === asked);
    for (const { leave } of streams) leave();
    await eventually('all are over', () => gone() === asked);
  }
  release();
  await reader.settled();
  expect([reader.inFlight(), unplanned, logged]).toEqual([0, [], []]);
  const cached = await reader.read({ propertyIds: ids, role: 'agent', deadlineMs: 0 });
  expect(cached.filter(({ status }) => status === 'available')).toHaveLength(HOMES);
  expect(source.calls.length).toBeLessThan(10); // one fetch for all of them
}, 120_000);
