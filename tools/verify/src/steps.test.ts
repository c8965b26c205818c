import { expect, test } from '@jest/globals';
import { mutantsIn } from './steps.ts';

test('each mutant that a test has noticed has passed, any other has failed', () => {
  const figures = { name: 'mutants', passed: false, mutants: 6, killed: 2, hung: 1, survived: 1, broken: 2 };
  expect(mutantsIn(`killed a\n${JSON.stringify(figures)}\n`)).toEqual({ passed: 3, failed: 3, skipped: 0 });
});

test.each(['', 'asked to stop', '{"name":"mutants"}'])('a run that ends with "%s" has said nothing', (said) => {
  expect(mutantsIn(said)).toBeUndefined();
});
