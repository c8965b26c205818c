import { expect, test } from '@jest/globals';
import type { Slice } from './ledger.ts';
import { recoveryMsOf, worstP99Of } from './recovery.ts';

const slice = (okMs: number[], refused = 0, gaveUp = 0): Slice => ({
  counts: { ok: okMs.length, refused, gaveUp, failed: 0 },
  okMs,
  refusedMs: [],
  pendingHomes: 0,
});
const good = slice([3, 4, 5]);
const times = (count: number, one: Slice): Slice[] => Array.from({ length: count }, () => one);

test('who was never disturbed has recovered at once', () => {
  expect(recoveryMsOf(times(10, good), 5)).toBe(0);
});

test('it begins with the first of four good slices, and one good one is luck', () => {
  expect(recoveryMsOf([slice([900]), good, slice([4], 2), ...times(4, good)], 5)).toBe(750);
});

test.each([
  ['refused', slice([3], 1)],
  ['hung up', slice([3], 0, 1)],
  ['slower than before', slice([3, 6])],
  ['not even asked', slice([])],
])('while somebody is %s it has not recovered', (_, bad) => {
  expect(recoveryMsOf(times(20, bad), 5)).toBeNull();
});

test('what is held against it is the slowest slice before', () => {
  expect(worstP99Of([good, slice([7, 9]), good])).toBe(9);
  expect(worstP99Of([])).toBe(0);
});
