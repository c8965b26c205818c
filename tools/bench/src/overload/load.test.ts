import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { summed } from './ledger.ts';
import { createLoad } from './load.ts';

/** Takes connections and answers nothing. */
const sockets = new Set<Socket>();
const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined).resume()));

beforeAll(async () => void (await once(silent.listen(0, '127.0.0.1'), 'listening')));
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('a load that is asked for far more than it can do comes to its end, and says what it never asked', async () => {
  const { port } = silent.address() as AddressInfo;
  const load = createLoad({ port, nextCall: () => Buffer.from('x'), connections: 4, patienceMs: 20 });
  const { ledger, kept } = await load.openLoop(2_000_000, 200, new AbortController().signal);
  load.close();
  const { gaveUp, failed } = summed(ledger.slices(), 200);
  expect([failed, gaveUp + kept.unoffered]).toEqual([0, 400_000]);
  expect(kept.unoffered).toBeGreaterThan(0);
});
