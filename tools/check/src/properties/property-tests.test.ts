import { expect, test } from '@jest/globals';
import { propertyTestsAmong } from './property-tests.ts';

const DRAWING = "import fc from 'fast-check';";

test('unit tests that draw are found, also by a helper; those that need servers, or draw nothing, are not', () => {
  const sources = new Map([
    ['libs/a/src/drawn.test.ts', DRAWING],
    ['libs/a/src/drawn.int.test.ts', DRAWING],
    ['libs/a/src/testing/bench.ts', DRAWING],
    ['libs/a/src/by-helper.test.ts', "import { bench } from './testing/bench.ts';"],
    ['libs/a/src/plain.test.ts', "import { benches } from './benches.ts';"],
  ]);
  expect(propertyTestsAmong(sources)).toEqual(['libs/a/src/by-helper.test.ts', 'libs/a/src/drawn.test.ts']);
});
