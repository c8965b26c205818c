import { expect, test } from '@jest/globals';
import { meanOf, valueAt, type QuantileTable } from './quantile-table.ts';
import { baseWorkload } from './workload.ts';

const table: QuantileTable = [
  [0, 1],
  [0.5, 4],
  [1, 400],
];

test('goes through its rows and is log-linear between them', () => {
  expect([0, 0.25, 0.5, 0.75, 1].map((share) => Number(valueAt(table, share).toFixed(9)))).toEqual([1, 2, 4, 40, 400]);
});

test('the mean is that of many values', () => {
  const values = Array.from({ length: 100_000 }, (_, index) => valueAt(table, (index + 0.5) / 100_000));
  expect(meanOf(table)).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 100_000, 2);
});

test('the gaps between actions have the mean that was read off, 2.26 s', () => {
  expect(Math.abs(meanOf(baseWorkload.gapMs) - 2_260)).toBeLessThan(20);
});

test('refuses a share that is none', () => {
  expect(() => valueAt(table, 1.1)).toThrow(RangeError);
});
