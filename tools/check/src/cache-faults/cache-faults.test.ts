import { expect, test } from '@jest/globals';
import { cacheFaults } from './cache-faults.ts';
import { scenarios } from './scenario-list.ts';

test('every scenario has a name of its own, and is listed by it', () => {
  const names = scenarios.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(cacheFaults.list?.().map((line) => line.split(' ')[0])).toEqual(names);
});
