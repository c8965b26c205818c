import { describe, expect, test } from '@jest/globals';
import { EMPTY_DOCUMENT, parseFlags, printFlags, type FlagsDocument } from './flags-document.ts';

const document: FlagsDocument = {
  version: 7,
  changedAt: 1_700_000_000_000,
  flags: {
    'cache.read': { percent: 0.01, cohort: 'on', rest: 'off' },
    'forecast.strategy': { percent: 50, cohort: 'thin-ring', rest: 'default' },
  },
};
const withRules = (flags: object): string => JSON.stringify({ format: 1, version: 1, changedAt: 0, flags });
const problemsOf = (text: string): readonly string[] => {
  try {
    parseFlags(text);
    return [];
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
};

test('what is printed is read again as it was', () => {
  for (const each of [document, EMPTY_DOCUMENT]) expect(parseFlags(printFlags(each))).toEqual(each);
});

test('a flag that is not known here is passed over, and kept: it was set for newer processes', () => {
  const text = withRules({
    'cache.colour': { percent: 5, cohort: 'blue', rest: 'red' },
    'cache.read': { percent: 5, cohort: 'on', rest: 'off' },
  });
  const read = parseFlags(text);
  expect(read.flags).toEqual({ 'cache.read': { percent: 5, cohort: 'on', rest: 'off' } });
  expect(JSON.parse(printFlags(read))).toEqual(JSON.parse(text));
});

test('every share of two decimals can be written and read', () => {
  const shares = Array.from({ length: 10_001 }, (_, at) => at / 100);
  const refused = shares.filter(
    (percent) => problemsOf(withRules({ 'cache.read': { percent, cohort: 'on', rest: 'off' } })).length > 0,
  );
  expect(refused).toEqual([]);
});

test('of a long document that is none only so much is told as a person reads', () => {
  const strange = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`f${at}`, 'x'.repeat(300)]));
  const problems = problemsOf(
    JSON.stringify({ format: 1, version: 1, changedAt: 0, flags: strange, ['k'.repeat(5_000)]: 1 }),
  );
  expect([problems.length, Math.max(...problems.map((problem) => problem.length)) <= 200]).toEqual([5, true]);
});

describe('is refused', () => {
  const rule = { percent: 5, cohort: 'on', rest: 'off' };
  test.each([
    ['no JSON', '{', 'it is not JSON'],
    ['nothing', '', 'it is not JSON'],
    ['a list', '[]', 'all of it'],
    ['another format', JSON.stringify({ ...JSON.parse(printFlags(document)), format: 2 }), 'format'],
    ['no version', JSON.stringify({ format: 1, changedAt: 0, flags: {} }), 'version'],
    ['a field too many', JSON.stringify({ format: 1, version: 1, changedAt: 0, flags: {}, more: 1 }), 'all of it'],
    ['more than everybody', withRules({ 'cache.read': { ...rule, percent: 100.01 } }), 'flags.cache.read.percent'],
    ['less than nobody', withRules({ 'cache.read': { ...rule, percent: -1 } }), 'flags.cache.read.percent'],
    ['a share too fine', withRules({ 'cache.read': { ...rule, percent: 0.001 } }), 'flags.cache.read.percent'],
    ['a share that is a text', withRules({ 'cache.read': { ...rule, percent: '5' } }), 'flags.cache.read.percent'],
    ['a cohort that there is not', withRules({ 'cache.read': { ...rule, cohort: 'blue' } }), 'has no cohort blue'],
    ['one cohort twice', withRules({ 'cache.read': { ...rule, rest: 'on' } }), 'both on'],
    ['a switch turned round', withRules({ 'cache.read': { percent: 5, cohort: 'off', rest: 'on' } }), 'speaks of on'],
    ['a text without end', `${' '.repeat(70_000)}${printFlags(document)}`, 'longer than'],
  ])('%s', (_, text, problem) => {
    expect(problemsOf(text).join()).toContain(problem);
  });
});
