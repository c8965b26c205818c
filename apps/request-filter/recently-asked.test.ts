import { expect, test } from '@jest/globals';
import { createRecentlyAsked } from './recently-asked.ts';

const recent = (homesMax = 100) => createRecentlyAsked({ quietMs: 2_000, homesMax });

test('a home is fresh once in the quiet time, whatever tile or chunk names it', () => {
  const asked = recent();
  expect(asked.split(['a', 'b'], { offset: 1n, now: 0 })).toEqual({ fresh: ['a', 'b'], repeated: [] });
  expect(asked.split(['b', 'c'], { offset: 2n, now: 1_999 })).toEqual({ fresh: ['c'], repeated: ['b'] });
  expect(asked.split(['b', 'c'], { offset: 3n, now: 2_000 })).toEqual({ fresh: ['b'], repeated: ['c'] });
});

test('a redelivered record passes whole, or what it asked for would be lost', () => {
  const asked = recent();
  asked.split(['a', 'b'], { offset: 1n, now: 0 });
  expect(asked.split(['a', 'b'], { offset: 1n, now: 10 }).fresh).toEqual(['a', 'b']);
});

test('a redelivered record does not free its homes for others', () => {
  const asked = recent();
  asked.split(['a'], { offset: 1n, now: 0 });
  asked.split(['a'], { offset: 1n, now: 1_000 });
  expect(asked.split(['a'], { offset: 2n, now: 2_500 }).repeated).toEqual(['a']);
});

test('forgets what is old, and the oldest first when it holds too much', () => {
  const asked = recent(2);
  asked.split(['a', 'b', 'c'], { offset: 1n, now: 0 });
  expect(asked.size()).toBe(2);
  expect(asked.split(['a', 'c'], { offset: 2n, now: 1 })).toEqual({ fresh: ['a'], repeated: ['c'] });
  asked.split([], { offset: 3n, now: 10_000 });
  expect(asked.size()).toBe(0);
});
