import { expect, test } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { IdleListeners } from './idle-listeners.ts';

test('one that gave up is forgotten: a lane that keeps up is never idle', async () => {
  const clock = new ManualClock();
  const listeners = new IdleListeners();
  const idle = listeners.nextWithin(clock, 200);
  await clock.advance(199);
  expect(listeners.size).toBe(1);
  await clock.advance(1);
  expect([await idle, listeners.size]).toEqual([false, 0]);
});

test('one that is told in time leaves no timer behind', async () => {
  const clock = new ManualClock();
  const listeners = new IdleListeners();
  const all = Promise.all([listeners.nextWithin(clock, 200), listeners.next()]);
  listeners.tell();
  expect([(await all)[0], listeners.size, clock.nextAt]).toEqual([true, 0, null]);
});
