import { expect, test } from '@jest/globals';
import type { BucketMark } from './port.ts';
import { feedMarkOf } from './watermark.ts';

const markOf = (untils: Record<string, number | null>, sinceAt = 0): BucketMark => ({
  partitions: Object.fromEntries(Object.entries(untils).map(([name, untilAt]) => [name, { nextOffset: 1n, untilAt }])),
  sinceAt,
});
const progress = { publishedUntilAt: 900, partitions: { a: 2, b: 1 } };

test('the watermark is the lowest T over every partition that the relay writes', () => {
  const mark = markOf({ 'a/0': 700, 'a/1': 600, 'b/0': 800, 'estimate.updated/0': null }, 50);
  expect(feedMarkOf(mark, progress)).toEqual({ watermarkAt: 600, sinceAt: 50 });
});

test('it is no later than the row that says which partitions those are', () => {
  const mark = markOf({ 'a/0': 1_000, 'a/1': 1_000, 'b/0': 1_000 });
  expect(feedMarkOf(mark, progress)?.watermarkAt).toBe(900);
});

test.each([
  ['a partition without a mark', markOf({ 'a/0': 700, 'b/0': 800 })],
  ['a mark without T', markOf({ 'a/0': 700, 'a/1': null, 'b/0': 800 })],
])('%s leaves the bucket without a watermark', (_, mark) => {
  expect(feedMarkOf(mark, progress)).toBeNull();
});
