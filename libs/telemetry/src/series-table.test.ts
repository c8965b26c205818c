import { expect, test } from '@jest/globals';
import { OVERFLOW, SeriesTable } from './series-table.ts';

const tableOf = (seriesMax = 500) => new SeriesTable(() => ({ count: 0 }), seriesMax);
const seen = (table: SeriesTable<{ count: number }>) =>
  Array.from(table, ({ attributes, series }) => [attributes, series.count]);

test('the same labels are one series, in whatever order they are named; others are others', () => {
  const table = tableOf();
  for (const attributes of [{ a: 'x', b: 1 }, { b: 1, a: 'x' }, { a: 'x', b: 1 }, { a: 'x', b: '1' }, { a: 'x' }, {}])
    table.of(attributes).count += 1;
  expect(seen(table)).toEqual([
    [{ a: 'x', b: 1 }, 3],
    [{ a: 'x', b: '1' }, 1],
    [{ a: 'x' }, 1],
    [{}, 1],
  ]);
});

test('labels whose names and values only look alike when they are put in a row are not mixed up', () => {
  const table = tableOf();
  table.of({ a: 'x', bc: 'y' }).count += 1;
  expect(table.of({ ab: 'x', c: 'y' }).count).toBe(0);
  expect(table.of({ a: 'xbc', y: '' }).count).toBe(0);
});

test('a label set that somebody changes afterwards stays what it was', () => {
  const table = tableOf();
  const attributes = { a: 'x' };
  table.of(attributes).count += 1;
  attributes.a = 'y';
  expect(seen(table)).toEqual([[{ a: 'x' }, 1]]);
});

test('who comes when there are enough shares one series, and those that were there keep theirs', () => {
  const table = tableOf(3);
  for (let id = 0; id < 100; id += 1) table.of({ id }).count += 1;
  for (const id of [1, 1, 99]) table.of({ id }).count += 1;
  expect(seen(table)).toEqual([
    [{ id: 0 }, 1],
    [{ id: 1 }, 3],
    [OVERFLOW, 99],
  ]);
});
