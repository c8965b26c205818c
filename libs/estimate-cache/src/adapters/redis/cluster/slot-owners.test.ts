import { expect, test } from '@jest/globals';
import { slotOwnersOf } from './slot-owners.ts';

test('the first node of a range owns its slots, and what no range names nobody serves', () => {
  const reply = [
    [0, 5460, ['10.0.0.1', 6379, 'aa', []], ['10.0.0.4', 6379, 'dd', []]],
    [10923, 16383, ['', 6381, 'cc']],
  ];
  const view = slotOwnersOf(reply, '10.0.0.9:6379');
  expect([0, 5460, 5461, 10922, 10923, 16383].map((slot) => view?.owners[slot])).toEqual([
    '10.0.0.1:6379',
    '10.0.0.1:6379',
    undefined,
    undefined,
    '10.0.0.9:6381',
    '10.0.0.9:6381',
  ]);
  expect([...(view?.addresses ?? [])]).toEqual(['10.0.0.1:6379', '10.0.0.4:6379', '10.0.0.9:6381']);
});

test.each([[[]], ['OK'], [[[0, 1]]], [[7]], [null]])('%j is no view of a cluster', (reply) => {
  expect(slotOwnersOf(reply, '10.0.0.9:6379')).toBeNull();
});
