import { expect, test } from '@jest/globals';
import { summaryOf } from './schemathesis.ts';

const run = (ending: string): string =>
  `API Operations:\n  Selected: 4/4\n  Tested: 4\n\nTest cases:\n  567 generated, 4 found 4 unique failures\n\n${ending}\n`;

test.each([
  ['======================= No issues found in 19.81s ========================', 0],
  ['======================= 4 failures, 1 warning in 19.81s ========================', 4],
  ['============= 1 failure in 9.81s =============', 1],
  ['============= 2 failures, 1 error in 9.81s =============', 3],
  ['============= 1 warning in 9.81s =============', 0],
])('reads how a run ended: %s', (ending, failures) => {
  expect(summaryOf(run(ending))).toEqual({ operations: 4, cases: 567, failures });
});

test('a run that did not come to an end has found nothing out', () => {
  expect(() => summaryOf(run('Killed'))).toThrow('did not come to an end');
  expect(() => summaryOf('======================= No issues found in 1s ========================')).toThrow();
});
