import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { askedToStop } from './asked-to-stop.ts';

function createHost() {
  const host = new EventEmitter();
  return Object.assign(host, { exit: () => undefined });
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['disconnect', 129],
])('%s ends the run with %i', (event, exitCode) => {
  const host = createHost();
  const signal = askedToStop(host);
  expect(signal.aborted).toBe(false);
  host.emit(event);
  expect(signal.reason).toMatchObject({ name: 'AskedToStop', exitCode });
});

test('the first one counts', () => {
  const host = createHost();
  const signal = askedToStop(host);
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) host.emit(event);
  expect(signal.reason).toHaveProperty('exitCode', 130);
});
