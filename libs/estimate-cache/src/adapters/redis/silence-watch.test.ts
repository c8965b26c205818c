import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { watchSilence } from './silence-watch.ts';

const SILENCE_MS = 400;
const LOOK_MS = 100;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function watched() {
  const torn: string[] = [];
  const stream = { bytesRead: 0, destroy: (error: Error) => void torn.push(error.message) };
  const redis = Object.assign(new EventEmitter(), { commandQueue: { length: 0 }, stream });
  watchSilence(redis as unknown as Redis, SILENCE_MS);
  redis.emit('connect');
  return { redis, stream, torn, pass: (ms: number) => void jest.advanceTimersByTime(ms) };
}

test('a server that is silent while commands wait loses its connection, once', () => {
  const { redis, torn, pass } = watched();
  redis.commandQueue.length = 1;
  pass(SILENCE_MS);
  expect(torn).toEqual([]);
  pass(LOOK_MS);
  expect(torn).toEqual(['silent for 400 ms with commands waiting']);
  pass(10 * SILENCE_MS);
  expect(torn).toHaveLength(1);
});

test('one that says anything keeps it, and so does one whom nobody asks', () => {
  const { redis, stream, torn, pass } = watched();
  pass(10 * SILENCE_MS);
  redis.commandQueue.length = 3;
  for (let n = 0; n < 20; n += 1) {
    pass(SILENCE_MS - LOOK_MS);
    stream.bytesRead += 1;
  }
  expect(torn).toEqual([]);
});

test('silence begins when something is asked, not with the last answer', () => {
  const { redis, torn, pass } = watched();
  redis.commandQueue.length = 1;
  pass(LOOK_MS);
  redis.commandQueue.length = 0;
  pass(10 * SILENCE_MS);
  redis.commandQueue.length = 1;
  pass(SILENCE_MS);
  expect(torn).toEqual([]);
  pass(LOOK_MS);
  expect(torn).toHaveLength(1);
});

test('a connection that closed is looked at no more, and the next one begins anew', () => {
  const { redis, torn, pass } = watched();
  redis.commandQueue.length = 1;
  pass(SILENCE_MS);
  redis.emit('close');
  pass(10 * SILENCE_MS);
  expect(jest.getTimerCount()).toBe(0);
  redis.emit('connect');
  pass(SILENCE_MS);
  expect(torn).toEqual([]);
  pass(LOOK_MS);
  expect(torn).toHaveLength(1);
});
