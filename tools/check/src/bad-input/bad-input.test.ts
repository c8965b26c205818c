import { expect, test } from '@jest/globals';
import { badInput, chooseAssaults, GROWTH_BYTES_MAX, judgeOutcome } from './bad-input.ts';

const sound = { failures: [], peakBytes: GROWTH_BYTES_MAX, beforeBytes: 0 };

test('an assault that was met while others were served, in bounded memory, is passed', () => {
  expect(judgeOutcome([], sound)).toEqual([]);
});

test('what was not met, who was not served and memory without bound are told', () => {
  expect(judgeOutcome(['3 are still connected'], sound)).toEqual(['3 are still connected']);
  expect(judgeOutcome([], { ...sound, failures: ['no answer', '503'] })).toEqual([
    '2 others were not served: no answer',
  ]);
  expect(judgeOutcome([], { ...sound, peakBytes: GROWTH_BYTES_MAX + 1 })).toEqual(['the process grew by 400 MB']);
});

test('an assault that is not there is refused, naming those that there are', () => {
  expect(chooseAssaults('silent, bombs')).toEqual(['silent', 'bombs']);
  expect(() => chooseAssaults('nonsense')).toThrow('no assault nonsense; there are silent, kept-alive');
  expect(badInput.list?.().length).toBe(8);
});
