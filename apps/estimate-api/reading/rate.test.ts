import { expect, test } from '@jest/globals';
import { ManualClock } from '@porchlight/stream';
import { createRate } from './rate.ts';

test('as many at once as a second brings, then one by one as time passes', async () => {
  const clock = new ManualClock(1_000);
  const mayBegin = createRate(clock, 4);
  const begun = () => Array.from({ length: 10 }, mayBegin).filter(Boolean).length;
  expect(begun()).toBe(4);
  await clock.advance(249);
  expect(begun()).toBe(0);
  await clock.advance(1);
  expect(begun()).toBe(1);
  await clock.advance(60_000);
  expect(begun()).toBe(4);
});

test('a rate of nothing lets nothing begin', async () => {
  const clock = new ManualClock(1_000);
  const mayBegin = createRate(clock, 0);
  await clock.advance(60_000);
  expect(mayBegin()).toBe(false);
});
