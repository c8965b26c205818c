import { describe, expect, test } from '@jest/globals';
import { judgeRun } from './judge-run.ts';
import { runMaking, sampled, tidyRun } from './testing/tidy-run.ts';

const none = { repeatsMax: () => 0 };
const anyNumber = { repeatsMax: () => 1_000 };
const ofVictim = { repeatsMax: (member: string) => (member === 'a' ? 2 : 0) };

test('a run in which each record was sent, processed and committed once has nothing against it', () => {
  expect(judgeRun(tidyRun(), none)).toEqual({
    ...{ acknowledged: 6, sentTwice: 0, processed: 6, lost: 0, repeated: 0, repeatedOf: {}, samples: 3 },
    violations: [],
  });
});

describe('lost', () => {
  test('a record without an output is refused', () => {
    const verdict = judgeRun(runMaking('0', '1', '2', '3', '4'), none);
    expect({ lost: verdict.lost, violations: verdict.violations }).toEqual({
      lost: 1,
      violations: ['lost by the group: input 0/5'],
    });
  });

  test('a record that was acknowledged and is not in the input is refused', () => {
    const run = tidyRun();
    const verdict = judgeRun({ ...run, acknowledged: new Map([['k', 7]]) }, none);
    expect({ lost: verdict.lost, violations: verdict.violations }).toEqual({
      lost: 1,
      violations: ['lost by the brokers: k 6'],
    });
  });

  test('a record that was parked is not', () => {
    const run = { ...runMaking('0', '1', '2', '4', '5'), endedOtherwise: [{ partition: 0, offset: 3 }] };
    expect(judgeRun(run, none).violations).toEqual([]);
  });

  test('a record that the producer sent twice is two records of the input, and told apart', () => {
    const run = tidyRun();
    const again = { partition: 0, offset: 6, key: 'k', sequence: 5, timestamp: 0 };
    const output = runMaking('0', '1', '2', '3', '4', '5', '6').output;
    const verdict = judgeRun({ ...run, input: [...run.input, again], output, samples: [] }, none);
    expect({ sentTwice: verdict.sentTwice, violations: verdict.violations }).toEqual({ sentTwice: 1, violations: [] });
  });

  test('an output of a record that nobody sent is refused', () => {
    expect(judgeRun(runMaking('0', '1', '2', '3', '4', '5', '9'), none).violations).toEqual([
      'made of no record of the input: 0/9',
    ]);
  });
});

describe('repeated', () => {
  const killed = (...repeats: string[]) => runMaking('0', '1', '2', '3', ...repeats, 'b 4', 'b 5');

  test('what a killed member had not committed may come again', () => {
    const verdict = judgeRun(killed('b 2', 'b 3'), ofVictim);
    expect({ repeatedOf: verdict.repeatedOf, violations: verdict.violations }).toEqual({
      repeatedOf: { a: 2 },
      violations: [],
    });
  });

  test('one more than the bound is refused', () => {
    expect(judgeRun(killed('b 1', 'b 2', 'b 3'), ofVictim).violations).toEqual([
      'repeated beyond the bound: 3 of a, which may repeat 2',
    ]);
  });

  test('a record of a member to which nothing was done is refused', () => {
    const verdict = judgeRun(runMaking('0', 'b 1', 'c 1', 'c 2', 'c 3', 'c 4', 'c 5'), ofVictim);
    expect(verdict.violations).toEqual(['repeated beyond the bound: 1 of b, which may repeat 0']);
  });

  test('the third time is put down to who did it the second time', () => {
    const verdict = judgeRun(runMaking('0', 'b 0', 'c 0', 'c 1', 'c 2', 'c 3', 'c 4', 'c 5'), anyNumber);
    expect(verdict.repeatedOf).toEqual({ a: 1, b: 1 });
  });
});

describe('order', () => {
  const violationsOf = (...outputs: string[]) => judgeRun(runMaking(...outputs), anyNumber).violations;

  test('a record before its predecessor is refused', () => {
    expect(violationsOf('0', '1', '3', '2', '4', '5')).toEqual([
      'out of order: (0 k) record 3 came before record 2, made by a#0; (0 k) a#0 went from record 2 to 4',
    ]);
  });

  test('a replay in order is accepted, from whatever record it begins', () => {
    expect(violationsOf('0', '1', '2', '3', 'b 2', 'b 3', 'b 4', 'b 5')).toEqual([]);
    expect(violationsOf('0', '1', '2', '3', '2', '3', '4', '5')).toEqual([]);
  });

  test('a replay that leaves one out is refused, although every record was there once in order', () => {
    expect(violationsOf('0', '1', '2', '3', '1', '3', '4', '5')).toEqual([
      'out of order: (0 k) a#0 went from record 1 to 3',
    ]);
  });

  test('a replay by the next owner that turns two round is refused', () => {
    expect(violationsOf('0', '1', '2', '3', 'b 1', 'b 3', 'b 2', 'b 4', 'b 5')).toEqual([
      'out of order: (0 k) b#0 went from record 1 to 3; (0 k) b#0 went from record 2 to 4',
    ]);
  });

  test('two owners whose outputs arrive in turns are accepted, each by itself in order', () => {
    expect(violationsOf('0', '1', '2', 'b 1', '3', 'b 2', 'b 3', 'b 4', 'b 5')).toEqual([]);
  });

  test('a member that has its partition back goes on after what another did meanwhile', () => {
    expect(violationsOf('0', 'b 1', 'b 2', 'b 3', 'a#1 4', 'a#1 5')).toEqual([]);
  });
});

describe('commits', () => {
  const violationsOf = (...samples: ReturnType<typeof sampled>[]) =>
    judgeRun({ ...tidyRun(), samples }, none).violations;

  test('one at the outputs that were there is accepted, and one behind them', () => {
    expect(violationsOf(sampled(3, 3), sampled(4, 6))).toEqual([]);
  });

  test('one past the contiguous watermark is refused: its last output was not there yet', () => {
    expect(violationsOf(sampled(3, 2))).toEqual([
      'committed too early: partition 0 at 3, and an output of it came later (0/2)',
    ]);
  });

  test('one over a hole is refused: a later record was done, an earlier one not', () => {
    const run = { ...runMaking('0', '2', '3', '1', '4', '5'), samples: [sampled(4, 3)] };
    expect(judgeRun(run, anyNumber).violations).toContain(
      'committed too early: partition 0 at 4, and an output of it came later (0/3)',
    );
  });

  test('one over a record that was never done is refused', () => {
    const run = { ...runMaking('0', '1', '3', '4', '5'), samples: [sampled(6, 5)] };
    expect(judgeRun(run, anyNumber).violations).toContain('committed too early: partition 0 at 6, and 2 has no output');
  });

  test('one over a parked record is accepted', () => {
    const run = { ...runMaking('0', '1', '3', '4', '5'), samples: [sampled(6, 5)] };
    expect(judgeRun({ ...run, endedOtherwise: [{ partition: 0, offset: 2 }] }, none).violations).toEqual([]);
  });

  test('one past the end of the input is refused', () => {
    expect(violationsOf(sampled(7, 6))).toEqual(['committed too early: partition 0 at 7, past the end 6']);
  });

  test('one that goes back is refused: a zombie wrote it', () => {
    expect(violationsOf(sampled(4, 4), sampled(2, 4))).toEqual([
      'committed too early: partition 0 went back from 4 to 2',
    ]);
  });
});
