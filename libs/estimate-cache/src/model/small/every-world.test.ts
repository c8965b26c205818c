import { globSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { smallWorlds } from '../worlds.ts';

test('every small world has a test of its own', () => {
  const tested = globSync('*.test.ts', { cwd: import.meta.dirname }).map((file) => file.replace('.test.ts', ''));
  const named = smallWorlds.map(({ name }) => name.replaceAll(' ', '-'));
  expect(tested.filter((name) => name !== 'every-world').toSorted()).toEqual(named.toSorted());
});
