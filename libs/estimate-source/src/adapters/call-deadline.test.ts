import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import { httpEstimateSource } from '../index.ts';

/** An upstream in a thread of its own: it answers when it is told to, also while this one does nothing else. */
const UPSTREAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const flags = new Int32Array(workerData);
  const server = require('node:http').createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      Atomics.store(flags, 0, 1);
      Atomics.wait(flags, 1, 0, 5000);
      response.end('{"estimates":[],"missing":["a"]}', () => {
        Atomics.store(flags, 2, 1);
        Atomics.notify(flags, 2);
      });
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;
const [ASKED, MAY_ANSWER, ANSWERED, NEVER] = [0, 1, 2, 3];

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

test('an answer that came while this process stood still is used, though its time was over meanwhile', async () => {
  const shared = new SharedArrayBuffer(16);
  const flags = new Int32Array(shared);
  const worker = new Worker(UPSTREAM, { eval: true, workerData: shared });
  closers.push(() => worker.terminate());
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const source = httpEstimateSource({ url: `http://127.0.0.1:${port}`, apiKey: 'key' });
  closers.push(() => source.close());
  const timeoutMs = 3_000; // enough for the call to reach it, on any machine
  const begunAt = performance.now();
  const call = source.fetch(['a'], { timeoutMs });
  while (Atomics.load(flags, ASKED) === 0) await new Promise((resolve) => setImmediate(resolve));
  // From here on this thread does nothing else until the answer is there and the time is over.
  Atomics.store(flags, MAY_ANSWER, 1);
  Atomics.notify(flags, MAY_ANSWER);
  Atomics.wait(flags, ANSWERED, 0, 5_000);
  Atomics.wait(flags, NEVER, 0, Math.max(1, begunAt + timeoutMs + 50 - performance.now()));
  expect([...(await call).missing]).toEqual(['a']);
});
