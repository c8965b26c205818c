import { expect, test } from '@jest/globals';
import { silentLogger } from '../log.ts';
import { installRejectionGuard } from './rejection-guard.ts';

test('a rejection of kafkajs is counted and kept from ending the process; any other still ends it', () => {
  const before = process.listeners('unhandledRejection');
  let guarded = 0;
  const uninstall = installRejectionGuard(silentLogger, () => (guarded += 1));
  const guard = process.listeners('unhandledRejection').find((listener) => !before.includes(listener));
  guard?.(Object.assign(new Error('x'), { name: 'KafkaJSConnectionClosedError' }), Promise.resolve());
  expect(guarded).toBe(1);
  expect(() => guard?.(new Error('a bug'), Promise.resolve())).toThrow('a bug');
  uninstall();
  expect(process.listeners('unhandledRejection')).toEqual(before);
});
