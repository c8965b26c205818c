import { expect, test } from '@jest/globals';
import { createBacklog } from './backlog.ts';

test('the first that came is the first that goes, however many have gone before', () => {
  const backlog = createBacklog<number>(20);
  const gone: (number | undefined)[] = [];
  for (let at = 0; at < 20_000; at += 1) {
    backlog.push(at);
    if (at % 10 === 9) while (backlog.size() > 5) gone.push(backlog.takeFirst());
  }
  expect(gone).toEqual(Array.from({ length: gone.length }, (_, at) => at));
  expect([gone.length, backlog.first(), backlog.size()]).toEqual([19_995, 19_995, 5]);
});

test('above its bound it takes nothing in, and does again when one has gone', () => {
  const backlog = createBacklog<string>(2);
  expect([backlog.push('a'), backlog.push('b'), backlog.push('c'), backlog.size()]).toEqual([true, true, false, 2]);
  expect([backlog.takeFirst(), backlog.push('d'), backlog.takeFirst(), backlog.takeFirst()]).toEqual([
    'a',
    true,
    'b',
    'd',
  ]);
});

test('an empty one gives nothing', () => {
  const backlog = createBacklog<string>(2);
  expect([backlog.first(), backlog.takeFirst(), backlog.size()]).toEqual([undefined, undefined, 0]);
});
