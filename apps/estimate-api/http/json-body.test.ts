import { expect, test } from '@jest/globals';
import { isNestedDeeper } from './json-body.ts';

test.each([
  ['', 0, false],
  ['1', 0, false],
  ['[]', 0, true],
  ['[]', 1, false],
  ['[{"a":[1]},{"b":2}]', 3, false],
  ['[{"a":[1]},{"b":2}]', 2, true],
  [`[${'[],'.repeat(1_000)}1]`, 2, false],
  ['['.repeat(30_000), 16, true],
  [']'.repeat(10) + '['.repeat(12), 1, true],
])('%s is nested deeper than %i: %p', (text, depthMax, deeper) => {
  expect(isNestedDeeper(text, depthMax)).toBe(deeper);
});
