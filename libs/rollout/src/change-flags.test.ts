import { describe, expect, test } from '@jest/globals';
import { memoryFlagStore } from './adapters/memory/memory-flag-store.ts';
import { changedFlags, movesOf, readFlags, ruleOf, writeFlags } from './change-flags.ts';
import { FlagChangeRefused } from './errors.ts';
import { EMPTY_DOCUMENT, printFlags } from './flags-document.ts';

const reads = (percent: number) => ({ percent, cohort: 'on', rest: 'off' });

describe('a change becomes a rule', () => {
  test('of a switch it speaks of `on`, whichever cohort was named', () => {
    expect(ruleOf({ flag: 'cache.read', percent: 1 })).toEqual(reads(1));
    expect(ruleOf({ flag: 'cache.read', percent: 1, cohort: 'off' })).toEqual(reads(99));
    expect(ruleOf({ flag: 'cache.read', percent: 33.33, cohort: 'off', rest: 'on' })).toEqual(reads(66.67));
  });

  test('of a flag with several cohorts the others stay where they are', () => {
    const first = ruleOf({ flag: 'forecast.strategy', percent: 1 });
    expect(first).toEqual({ percent: 1, cohort: 'thin-ring', rest: 'default' });
    const second = ruleOf({ flag: 'forecast.strategy', percent: 5, cohort: 'ring', rest: 'thin-ring' });
    expect(ruleOf({ flag: 'forecast.strategy', percent: 6, cohort: 'ring' }, second).rest).toBe('thin-ring');
    expect(ruleOf({ flag: 'forecast.strategy', percent: 6, cohort: 'thin-ring' }, second).rest).toBe('default');
  });

  test.each([
    [{ flag: 'cache.reed', percent: 1 }, 'there is no flag cache.reed; there are cache.read, cache.warmup'],
    [{ flag: 'cache.read', percent: 101 }, '101 is no share: 0 to 100'],
    [{ flag: 'cache.read', percent: -0.01 }, '-0.01 is no share'],
    [{ flag: 'cache.read', percent: NaN }, 'NaN is no share'],
    [{ flag: 'cache.read', percent: 0.001 }, 'at most two decimals'],
    [{ flag: 'cache.read', percent: 1, cohort: 'blue' }, 'cache.read has no cohort blue: it has on, off'],
    [{ flag: 'cache.read', percent: 1, rest: 'on' }, 'both on'],
    [{ flag: 'forecast.strategy', percent: 1, cohort: 'default' }, 'both default'],
  ])('%j is refused, saying what would do', (change, message) => {
    expect(() => ruleOf(change)).toThrow(message);
    expect(() => ruleOf(change)).toThrow(FlagChangeRefused);
  });

  test('every share of two decimals is one', () => {
    const refused = Array.from({ length: 10_001 }, (_, at) => at / 100).filter((percent) => {
      const rule = ruleOf({ flag: 'cache.read', percent, cohort: 'off' });
      return Math.round((rule.percent + percent) * 100) !== 10_000;
    });
    expect(refused).toEqual([]);
  });
});

describe('who moves', () => {
  test.each([
    [reads(1), reads(50), [{ from: 'off', to: 'on', percent: 49 }]],
    [reads(50), reads(50), []],
    [undefined, reads(1), [{ from: 'on', to: 'off', percent: 99 }]],
    [reads(0), undefined, [{ from: 'off', to: 'on', percent: 100 }]],
  ])('from %j to %j', (before, after, moves) => {
    expect(movesOf('cache.read', before, after)).toEqual(moves);
  });

  test('another cohort moves those who had the one before, and the others by what is left', () => {
    const before = { percent: 50, cohort: 'thin-ring', rest: 'default' };
    const after = { percent: 20, cohort: 'ring', rest: 'thin-ring' };
    expect(movesOf('forecast.strategy', before, after)).toEqual([
      { from: 'thin-ring', to: 'ring', percent: 20 },
      { from: 'default', to: 'thin-ring', percent: 50 },
    ]);
  });
});

test('a change is the next version, and touches no other flag', () => {
  const first = changedFlags(EMPTY_DOCUMENT, { flag: 'cache.read', rule: reads(1), changedAt: 5 });
  expect(first).toEqual({ version: 1, changedAt: 5, flags: { 'cache.read': reads(1) } });
  const second = changedFlags(first, { flag: 'cache.warmup', rule: reads(2), changedAt: 6 });
  expect(second).toEqual({ version: 2, changedAt: 6, flags: { 'cache.read': reads(1), 'cache.warmup': reads(2) } });
  expect(changedFlags(second, { flag: 'cache.read', rule: null, changedAt: 7 }).flags).toEqual({
    'cache.warmup': reads(2),
  });
});

test('a flag that is not known here outlives a change of another', () => {
  const others = { 'cache.colour': { percent: 5, cohort: 'blue', rest: 'red' } };
  const before = { ...EMPTY_DOCUMENT, others };
  expect(changedFlags(before, { flag: 'cache.read', rule: reads(1), changedAt: 5 })).toEqual({
    version: 1,
    changedAt: 5,
    flags: { 'cache.read': reads(1) },
    others,
  });
});

test('of two operators who have read the same the second is told, and nothing of his is written', async () => {
  const store = memoryFlagStore();
  const [one, two] = [await readFlags(store), await readFlags(store)];
  const change = { flag: 'cache.read', changedAt: 1 } as const;
  await writeFlags(store, one.seen, changedFlags(one.document, { ...change, rule: reads(1) }));
  const late = writeFlags(store, two.seen, changedFlags(two.document, { ...change, rule: reads(100) }));
  await expect(late).rejects.toMatchObject({ code: 'FLAGS_CHANGED_MEANWHILE' });
  expect((await readFlags(store)).document.flags).toEqual({ 'cache.read': reads(1) });
});

test('a document that is none is told to whoever would change it', async () => {
  await expect(readFlags(memoryFlagStore('{'))).rejects.toMatchObject({ code: 'FLAGS_REFUSED' });
  expect((await readFlags(memoryFlagStore(printFlags(EMPTY_DOCUMENT)))).document).toEqual(EMPTY_DOCUMENT);
});
