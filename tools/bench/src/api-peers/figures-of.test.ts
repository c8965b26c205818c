import { expect, test } from '@jest/globals';
import type { Arm } from './arm.ts';
import { figuresOf, tableOf, type Shown } from './figures-of.ts';

const arm = (more: Partial<Arm> = {}): Arm => ({
  reads: 1_000,
  staleReads: 0,
  hiddenShown: 0,
  staleEstimates: 0,
  staleMsMax: 0,
  changes: 20,
  billedRequests: 10,
  billedItems: 12,
  p50Ms: 1.5,
  p90Ms: 40,
  batchP50Ms: 2,
  batchP90Ms: 60,
  untold: new Map(),
  failures: new Map(),
  ...more,
});
const shown = (name: string, speeds: readonly number[], arms: readonly Arm[] = [arm()]): Shown => ({
  name,
  passes: speeds.map((perS) => ({ single: { perS, cpuUs: 50 }, batch: { perS: perS / 10, cpuUs: 900 } })),
  arms,
});

test('a ratio is ours over the peer, of the same pass, and the middle one counts', () => {
  const ours = shown('ours', [1_000, 3_000, 2_000]);
  const peer = shown('peer', [500, 2_000, 2_000]);
  expect(figuresOf(peer, ours)).toMatchObject({
    name: 'peer',
    ratio: 1.5,
    batchRatio: 1.5,
    perS: 2_000,
    batchPerS: 200,
  });
});

test('what is billed, stale or failed is added up over the rounds', () => {
  const rounds = [
    arm({
      staleReads: 3,
      staleMsMax: 20,
      failures: new Map([['408', 2]]),
      untold: new Map([['pending', 3]]),
    }),
    arm({ staleReads: 4, hiddenShown: 1, staleMsMax: 1_234.5 }),
  ];
  const peer = shown('peer', [1], rounds);
  expect(figuresOf(peer, peer)).toMatchObject({
    billedRequests: 20,
    billedItems: 24,
    reads: 2_000,
    staleReads: 7,
    hiddenShown: 1,
    staleMsMax: 1_235,
    changes: 40,
    failed: 2,
    untold: 3,
  });
});

test('the table has a row for each, beside its ratios', () => {
  const ours = shown('ours', [1_000]);
  const peer = shown('peer', [2_000], [arm({ staleReads: 5, staleMsMax: 1_200 })]);
  const rows = tableOf([figuresOf(ours, ours), figuresOf(peer, ours)]).map((row) =>
    row.split('|').map((cell) => cell.trim()),
  );
  expect(rows.slice(2).map((cells) => [cells[1], cells[2], cells[8], cells[11]])).toEqual([
    ['ours', '1,000 (1)', '0 of 1,000', '-'],
    ['peer', '2,000 (0.5)', '5 of 1,000', '1.2 s'],
  ]);
});
