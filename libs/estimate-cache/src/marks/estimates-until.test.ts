import { expect, test } from '@jest/globals';
import { estimatesUntilOf } from './estimates-until.ts';

const markOf = (untilAts: Readonly<Record<string, number | null>>) => ({
  partitions: Object.fromEntries(
    Object.entries(untilAts).map(([name, untilAt]) => [name, { nextOffset: 1n, untilAt }]),
  ),
  sinceAt: 0,
});

test('is the time of the partition that is furthest behind', () => {
  expect(estimatesUntilOf(markOf({ 'e/0': 500, 'e/1': 300, 'e/2': 400 }), 'e')).toBe(300);
});

test('is nothing of other topics, also of those whose names begin alike', () => {
  expect(estimatesUntilOf(markOf({ 'e/0': 500, 'e2/0': 100, 'x/0': 1 }), 'e')).toBe(500);
  expect(estimatesUntilOf(markOf({ 'e2/0': 100 }), 'e')).toBe(-Infinity);
});

test.each([
  ['no partition is marked', {}],
  ['one has only an offset', { 'e/0': 500, 'e/1': null }],
  ['one between them is not marked', { 'e/0': 500, 'e/2': 500 }],
  ['the first is not marked', { 'e/1': 500 }],
])('is not known where %s', (_why, untilAts) => {
  expect(estimatesUntilOf(markOf(untilAts), 'e')).toBe(-Infinity);
});
