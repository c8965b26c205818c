import { expect, test } from '@jest/globals';
import { isRole, LEVELS, maySee, rankOf, ROLES } from './index.ts';

test('the four roles are roles; the level nobody, unknown symbols and other values are not', () => {
  expect(ROLES.map(isRole)).toEqual([true, true, true, true]);
  expect(['nobody', 'unknown', 'Agent', '', 'constructor', 4, null, undefined].map(isRole)).toEqual(
    new Array(8).fill(false),
  );
});

test('levels are ranked from everybody to nobody', () => {
  expect(LEVELS.map(rankOf)).toEqual([0, 1, 2, 3, 4]);
  expect(rankOf('unknown')).toBeUndefined();
});

test('no role sees what is for nobody', () => {
  expect(ROLES.map((role) => maySee(role, 'nobody'))).toEqual([false, false, false, false]);
});
