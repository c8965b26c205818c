import { expect, test } from '@jest/globals';
import { eventLoop } from './event-loop.ts';

const workFor = (ms: number): void => {
  const until = eventLoop.workedMs() + ms;
  while (eventLoop.workedMs() < until);
};

test('time worked is what the thread was given, and not what has passed', () => {
  const beforeMs = eventLoop.workedMs();
  // Kept from the processor, as by a busy host.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  const stoppedMs = eventLoop.workedMs() - beforeMs;
  workFor(5);
  expect(stoppedMs).toBeLessThan(200);
  expect(eventLoop.workedMs() - beforeMs).toBeGreaterThanOrEqual(5);
});
