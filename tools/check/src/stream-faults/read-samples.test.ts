import { describe, expect, test } from '@jest/globals';
import { hasReached, longestPauseMs, recoveryMs } from './read-samples.ts';

const look = (at: number, committed: number[], inputEnds: number[], output = 0) => ({
  ...{ at, committed, inputEnds },
  outputEnds: [output],
});

describe('recovery', () => {
  const samples = [look(0, [5, 5], [10, 10]), look(100, [10, 5], [20, 20]), look(250, [12, 10], [30, 30])];

  test('is the time until every partition has committed what was there when the fault came', () => {
    expect(recoveryMs(samples, 50)).toBe(200);
  });

  test('is unknown when that never came', () => {
    expect(recoveryMs(samples, 120)).toBeUndefined();
  });
});

test('a partition without a commit has reached its end only if it is empty', () => {
  expect([hasReached([-1], [0]), hasReached([-1], [1]), hasReached([], [1]), hasReached([1], [1])]).toEqual([
    true,
    false,
    false,
    true,
  ]);
});

test('the longest pause is that between two advances of the output, up to the end of the run', () => {
  const outputs: [number, number][] = [
    [0, 1],
    [100, 2],
    [300, 2],
    [700, 3],
    [900, 3],
  ];
  expect(longestPauseMs(outputs.map(([at, output]) => look(at, [], [], output)))).toBe(600);
});
