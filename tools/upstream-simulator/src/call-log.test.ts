import { expect, test } from '@jest/globals';
import { createCallLog, type LoggedCall } from './call-log.ts';

const callFor = (id: string): LoggedCall => ({ askedAt: 1, billedAt: 2, lane: 'user', propertyIds: [id] });
const idsOf = (calls: readonly LoggedCall[]): string[] => calls.flatMap(({ propertyIds }) => propertyIds);

test('keeps calls in the order in which they were billed, and says how many of them it had no room for', () => {
  const log = createCallLog(3);
  const seen = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => {
    log.note(callFor(id));
    const { calls, forgotten } = log.read();
    return [idsOf(calls).join(''), forgotten];
  });
  expect(seen).toEqual([
    ['a', 0],
    ['ab', 0],
    ['abc', 0],
    ['bcd', 1],
    ['cde', 2],
    ['def', 3],
    ['efg', 4],
  ]);
});

test('a reset forgets everything, what was forgotten too', () => {
  const log = createCallLog(1);
  for (const id of ['a', 'b', 'c']) log.note(callFor(id));
  log.reset();
  expect(log.read()).toEqual({ calls: [], forgotten: 0 });
});

test('a log without room keeps nothing and misses nothing', () => {
  const log = createCallLog(0);
  log.note(callFor('a'));
  expect(log.read()).toEqual({ calls: [], forgotten: 0 });
});
