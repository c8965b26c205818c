import { expect, test } from '@jest/globals';
import { lastLine, totalsOf } from './summary.ts';

test('adds the steps up and names skipped tests only where there are some', () => {
  const total = totalsOf([
    { passed: 3, failed: 0, skipped: 0 },
    { passed: 1, failed: 2, skipped: 0 },
  ]);
  expect(lastLine(total)).toBe('4 passed, 2 failed');
  expect(lastLine({ ...total, skipped: 1 })).toBe('4 passed, 2 failed, 1 skipped');
});
