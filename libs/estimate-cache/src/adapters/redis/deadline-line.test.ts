import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { untilTrue } from '@porchlight/clock/testing';
import { DeadlineLine, type Waiting } from './deadline-line.ts';

const callOf = (giveUp: (error: Error) => void): Waiting => ({ isWaiting: true, endsAt: 0, giveUp });

test('a call without an answer is given up on, and an answered one is not', async () => {
  const line = new DeadlineLine(20);
  const given: string[] = [];
  const add = (name: string): Waiting => {
    const call = callOf((error) => void given.push(`${name}: ${error.message}`));
    line.add(call);
    return call;
  };
  add('a');
  const b = add('b');
  add('c');
  b.isWaiting = false;
  await untilTrue('they are given up', () => given.length >= 2);
  add('d');
  await untilTrue('they are given up', () => given.length >= 3);
  expect(given.map((told) => told.slice(0, 1))).toEqual(['a', 'c', 'd']);
  expect(given[0]).toContain('no reply in 20 ms');
});

test('a call that comes later has its own time, also when the one before it was answered', async () => {
  const line = new DeadlineLine(60);
  let gaveUpAt = 0;
  const first = callOf(() => {});
  line.add(first);
  await delay(40);
  first.isWaiting = false;
  const addedAt = performance.now();
  line.add(callOf(() => void (gaveUpAt = performance.now())));
  await untilTrue('it is given up', () => gaveUpAt > 0);
  expect(gaveUpAt - addedAt).toBeGreaterThanOrEqual(59);
});

test('many calls that are answered leave nothing behind, and one among them that is not is found', async () => {
  const line = new DeadlineLine(30);
  let lost = 0;
  for (let n = 0; n < 10_000; n += 1) {
    const call = callOf(() => void (lost += 1));
    line.add(call);
    if (n !== 5_000) call.isWaiting = false;
  }
  await untilTrue('it is lost', () => lost > 0);
  expect(lost).toBe(1);
});
