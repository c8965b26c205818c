import { expect, test } from '@jest/globals';
import { findMiscounts } from './find-miscounts.ts';
import { runMaking } from './testing/tidy-run.ts';

/** The counts are those of the outputs, in their order. */
function counting(outputs: readonly string[], counts: readonly (number | undefined)[]): string[] {
  const run = runMaking(...outputs);
  const output = run.output.map((record, index) => {
    const count = counts[index];
    return count === undefined ? record : { ...record, count };
  });
  return findMiscounts({ ...run, output });
}

test('each record counted as the one that it is, in a repeat too, has nothing against it', () => {
  expect(counting(['0', '1', '2', 'b 1', 'b 2', 'b 3'], [1, 2, 3, 2, 3, 4])).toEqual([]);
});

test('a redelivery that was counted twice is refused', () => {
  expect(counting(['0', '1', 'b 1', 'b 2'], [1, 2, 3, 4])).toEqual([
    'input 0/1 (k) was counted as 3 by b, not as 2',
    'input 0/2 (k) was counted as 4 by b, not as 3',
  ]);
});

test('state that was lost is refused, and an output without a count', () => {
  expect(counting(['0', '1', 'b 2', 'b 3'], [1, 2, 1, undefined])).toEqual([
    'input 0/2 (k) was counted as 1 by b, not as 3',
    'input 0/3 (k) was counted as nothing by b, not as 4',
  ]);
});
