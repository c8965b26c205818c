import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openApiWorld, type ApiWorld } from './testing/api-world.ts';
import { startBalancedLoad, type BalancedLoad } from './testing/balanced-load.ts';
import { eventually } from './testing/eventually.ts';

/*
 * Three estimate-apis behind a balancer that asks for readiness ten times a second. What is restarted on purpose costs nobody
 * an answer; what is killed does, or the load would not have noticed anything.
 */

const CALLERS = 8;
const HOMES_OF_A_CALL = 20;
const REACHED_MS = 60_000;
const START_MS = 180_000;

let world: ApiWorld;
let load: BalancedLoad | undefined;

function nextRequest(): { path: string; body: unknown } {
  const first = Math.floor(Math.random() * (world.propertyIds.length - HOMES_OF_A_CALL));
  const propertyIds = world.propertyIds.slice(first, first + HOMES_OF_A_CALL);
  return { path: '/v1/estimates:batchGet', body: { propertyIds, deadlineMs: 500 } };
}

/** Waits until the process answers requests again, or at all. */
const isServing = async (running: BalancedLoad, at: number, beyond = 0): Promise<void> =>
  eventually(async () => expect(running.answered()[at]).toBeGreaterThan(beyond), REACHED_MS);

beforeAll(async () => {
  world = await openApiWorld({
    count: 3,
    instance: 'rolling',
    environment: { KEEP_SERVING_MS: '3000', DRAIN_MS: '15000' },
  });
}, START_MS);

afterEach(async () => {
  await load?.stop();
});

afterAll(async () => {
  await world?.close();
}, 60_000);

test('three processes that are restarted one after the other under load: no request fails', async () => {
  const running = (load = startBalancedLoad({ processes: world.processes, callers: CALLERS, request: nextRequest }));
  for (const [at, process] of world.processes.entries()) {
    await isServing(running, at);
    const exit = await process.kill('SIGTERM');
    expect(exit).toEqual({ code: 0, signal: null });
    expect(running.inRotation(at)).toBe(false);
    const before = running.answered()[at];
    await process.start();
    await isServing(running, at, before);
  }
  await running.stop();
  expect(running.failures()).toEqual([]);
}, 180_000);

test('one that is killed outright costs requests: the load notices', async () => {
  const running = (load = startBalancedLoad({ processes: world.processes, callers: CALLERS, request: nextRequest }));
  await isServing(running, 0);
  await world.processes[0]?.kill('SIGKILL');
  await eventually(async () => expect(running.failures().length).toBeGreaterThan(0), REACHED_MS);
  await eventually(async () => expect(running.inRotation(0)).toBe(false), REACHED_MS);
}, 180_000);
