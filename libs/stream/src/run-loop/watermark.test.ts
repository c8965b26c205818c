import { expect, test } from '@jest/globals';
import { Watermark } from './watermark.ts';

test('it stands before the first unfinished record, whatever finished above it', () => {
  const watermark = new Watermark();
  expect(watermark.next).toBeNull();
  const [a, b, c] = [5n, 6n, 9n].map((offset) => watermark.begin(offset));
  expect([watermark.next, watermark.span]).toEqual([5n, 3]);
  if (c !== undefined) watermark.finish(c);
  expect(watermark.next).toBe(5n);
  if (a !== undefined) watermark.finish(a);
  expect(watermark.next).toBe(6n);
  if (b !== undefined) watermark.finish(b);
  expect([watermark.next, watermark.span]).toEqual([10n, 0]);
});

test('a long run of records keeps only its span', () => {
  const watermark = new Watermark();
  const waiting = [];
  for (let offset = 0n; offset < 10_000n; offset += 1n) {
    waiting.push(watermark.begin(offset, Number(offset)));
    if (waiting.length > 10) watermark.finish(waiting.shift() as ReturnType<Watermark['begin']>);
  }
  expect([watermark.next, watermark.span, watermark.oldestTimestamp]).toEqual([9_990n, 10, 9_990]);
});
