import { expect, test } from '@jest/globals';
import { failuresIn } from './properties.ts';

test('what failed is told with its message; a file that fails without a test of it is a failure too', () => {
  const testResults = [
    {
      name: '/repository/libs/a.test.ts',
      status: 'failed',
      assertionResults: [
        { status: 'passed', fullName: 'sorts' },
        { status: 'failed', fullName: 'rounds', failureMessages: ['Counterexample: [1]'] },
      ],
    },
    { name: '/repository/libs/b.test.ts', status: 'failed', assertionResults: [] },
    { name: '/repository/libs/c.test.ts', status: 'passed', assertionResults: [{ status: 'passed', fullName: 'is' }] },
  ];
  expect(failuresIn({ testResults }, '/repository')).toEqual([
    { file: 'libs/a.test.ts', title: 'rounds', message: 'Counterexample: [1]' },
    { file: 'libs/b.test.ts', title: 'could not be loaded', message: '' },
  ]);
});
