import { expect, test } from '@jest/globals';
import { endOf, policyProblems, type ErrorPolicy, type Stage } from './error-policy.ts';
import { failing } from './testing/test-bed.ts';

const declared: ErrorPolicy = {
  decode: { byCode: { NO_VALUE: 'drop', SCHEMA_UNKNOWN: { triesMax: 3, then: 'crash' } } },
  process: { byCode: { FLAKY: { triesMax: 2, then: 'park' } }, unplanned: 'park' },
  produce: { byCode: { KAFKA_REFUSED: 'park' } },
};

test.each<[string, ErrorPolicy, Stage, Error, number, string]>([
  ['bytes that no code foresaw are parked', {}, 'decode', new RangeError('x'), 1, 'park'],
  ['a task that throws what it did not mean to stops the process', {}, 'process', new TypeError('x'), 1, 'crash'],
  ['an output that is refused stops the process', {}, 'produce', failing('crash', 'KAFKA_REFUSED'), 1, 'crash'],
  ['a dependency that is down is waited for', {}, 'process', failing('retry', 'REDIS_DOWN'), 1, 'retry'],
  ['however often it was tried', {}, 'decode', failing('retry', 'REGISTRY_DOWN'), 10_000, 'retry'],
  ['an error decides its own fate', {}, 'process', failing('park', 'OFF_THE_MAP'), 1, 'park'],
  ['a rule for its code goes before', declared, 'decode', failing('park', 'NO_VALUE'), 1, 'drop'],
  ['a bounded rule tries again', declared, 'process', failing('retry', 'FLAKY'), 1, 'retry'],
  ['until its last try', declared, 'process', failing('retry', 'FLAKY'), 2, 'park'],
  ['and may stop the process then', declared, 'decode', failing('park', 'SCHEMA_UNKNOWN'), 3, 'crash'],
  ['a rule holds in its own stage only', declared, 'process', failing('park', 'NO_VALUE'), 1, 'park'],
  ['what is unplanned may be parked by declaration', declared, 'process', new TypeError('x'), 1, 'park'],
  ['a refused output may be parked by declaration', declared, 'produce', failing('crash', 'KAFKA_REFUSED'), 1, 'park'],
  ['a code that every object has is no rule', declared, 'process', failing('park', 'constructor'), 1, 'park'],
])('%s', (_title, policy, stage, error, attempt, end) => {
  expect(endOf(policy, { stage, error, attempt })).toBe(end);
});

test('a policy that would never try is refused, and says where', () => {
  expect(policyProblems({ process: { byCode: { FLAKY: { triesMax: 0, then: 'park' } } } })).toEqual([
    'errors.process: triesMax of FLAKY is not a positive integer',
  ]);
  expect(policyProblems(declared)).toEqual([]);
});
