import { expect, test } from '@jest/globals';
import { settledWithin } from './clock.ts';
import { ManualClock } from './testing/manual-clock.ts';

test('work that is done in time is, work that is not is not, and a rejection passes through', async () => {
  const clock = new ManualClock();
  expect(await settledWithin(clock, 10, Promise.resolve())).toBe(true);
  const late = settledWithin(clock, 10, new Promise(() => undefined));
  await clock.advance(10);
  expect(await late).toBe(false);
  await expect(settledWithin(clock, 10, Promise.reject(new Error('broke')))).rejects.toThrow('broke');
  expect(clock.nextAt).toBeNull();
});

test('timers run in the order of their instants, then of their creation; one that was cancelled does not', async () => {
  const clock = new ManualClock(1_000);
  const ran: string[] = [];
  clock.after(20, () => ran.push(`late ${clock.now()}`));
  clock.after(10, () => ran.push(`first ${clock.now()}`));
  clock.after(10, () => ran.push(`second ${clock.now()}`));
  clock.after(10, () => ran.push('never')).cancel();
  await clock.advance(20);
  expect([ran, clock.now()]).toEqual([['first 1010', 'second 1010', 'late 1020'], 1_020]);
});
