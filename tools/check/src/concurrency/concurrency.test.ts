import { expect, test } from '@jest/globals';
import { chooseDesigns } from './concurrency.ts';
import type { HomeVerdict } from '@porchlight/peer-caches';
import type { DesignRun } from './run-design.ts';
import { tableOf } from './table-of.ts';

test('designs are chosen by name, in the order asked for', () => {
  expect(chooseDesigns('cache-aside, ours')).toEqual(['cache-aside', 'ours']);
});

test('a design that is not there is refused, and those that are there are named', () => {
  expect(() => chooseDesigns('ours,memcached')).toThrow(/no design memcached; there are ours, cache-aside, bentocache/);
});

const verdict: HomeVerdict = {
  reads: 2_000,
  hits: 1_900,
  invalidations: 50,
  staleReads: 3,
  staleMsMax: 1_234,
  staleEstimates: 0,
  staleEstimateMsMax: 0,
  violations: [],
};
const run: DesignRun = { ...verdict, billedCalls: 10, billedItems: 40, unanswered: 0, errors: {}, seconds: 30 };

test('the table says how many of a million reads were stale, and for how long', () => {
  const [, , row] = tableOf(new Map([['some', run]]));
  expect(row?.split('|').map((cell) => cell.trim())).toEqual([
    '',
    'some',
    '2,000',
    '50',
    '3',
    '1,500',
    '1.2 s',
    '0',
    '-',
    '40',
    '',
  ]);
});
