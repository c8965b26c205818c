import { expect, test } from '@jest/globals';
import { failingIn, judge } from './run-mutant.ts';

const suite = (...results: [status: string, fullName: string][]) => ({
  name: '/repository/a.test.ts',
  status: results.every(([status]) => status === 'passed') ? 'passed' : 'failed',
  assertionResults: results.map(([status, fullName]) => ({ status, fullName })),
});

test('a mutant is killed by a test that fails', () => {
  const report = {
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 0,
    testResults: [suite(['passed', 'a'], ['failed', 'late records are dropped'])],
  };
  expect(judge(report)).toEqual({ fate: 'killed', failed: ['late records are dropped'] });
});

test('a mutant that every test lets pass has survived', () => {
  const report = { numFailedTests: 0, numRuntimeErrorTestSuites: 0, testResults: [suite(['passed', 'a'])] };
  expect(judge(report).fate).toBe('survived');
});

test('a mutant that cannot be loaded proves nothing', () => {
  const report = { numFailedTests: 0, numRuntimeErrorTestSuites: 1, testResults: [] };
  expect(judge(report).fate).toBe('broken');
});

test('a test file that fails with nothing taken out, or was not run at all, is known', () => {
  const report = { testResults: [suite(['passed', 'a'], ['failed', 'b'])] };
  expect(failingIn(report, ['a.test.ts'], '/repository')).toEqual(['a.test.ts']);
  expect(failingIn({ testResults: [suite(['passed', 'a'])] }, ['a.test.ts', 'b.test.ts'], '/repository')).toEqual([
    'b.test.ts',
  ]);
});
