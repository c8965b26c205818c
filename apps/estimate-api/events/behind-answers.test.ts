import { expect, test } from '@jest/globals';
import { behindAnswersDefaults, createBehindAnswers } from './behind-answers.ts';

function open(limits = { waitingMax: 5, perTurnMax: 2 }) {
  const turns: (() => void)[] = [];
  const done: number[] = [];
  const behind = createBehindAnswers<number>(
    (work) => void done.push(work),
    limits,
    (run) => void turns.push(run),
  );
  return { behind, done, turns, turn: () => turns.shift()?.() };
}

test('nothing is done in the turn of the request, and so much in each later one, in order', () => {
  const { behind, done, turns, turn } = open();
  for (const n of [1, 2, 3]) behind.add(n);
  expect([done, turns.length]).toEqual([[], 1]);
  turn();
  expect([[...done], turns.length]).toEqual([[1, 2], 1]);
  behind.add(4);
  turn();
  expect([[...done], turns.length]).toEqual([[1, 2, 3, 4], 0]);
  behind.add(5);
  turn();
  expect(done).toEqual([1, 2, 3, 4, 5]);
});

test('above its bound one more is refused, and taken again once a turn was had', () => {
  const { behind, done, turn } = open();
  expect([1, 2, 3, 4, 5, 6].map((n) => behind.add(n))).toEqual([true, true, true, true, true, false]);
  turn();
  expect(behind.add(7)).toBe(true);
  behind.finish();
  expect(done).toEqual([1, 2, 3, 4, 5, 7]);
});

test('finish does what waits at once, and the turn that was due does nothing more', () => {
  const { behind, done, turn, turns } = open();
  for (const n of [1, 2, 3]) behind.add(n);
  behind.finish();
  turn();
  expect([done, turns]).toEqual([[1, 2, 3], []]);
});

test('by default the turn comes after what is already due', async () => {
  const done: string[] = [];
  const behind = createBehindAnswers<string>((work) => void done.push(work));
  behind.add('behind');
  done.push('answered');
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual(['answered', 'behind']);
});

test('more in each turn than one turn does as a rule, for as long as it likes: nothing is refused', () => {
  const { behind, turn } = open(behindAnswersDefaults);
  const refused: number[] = [];
  for (let at = 0; at < 5_000; at += 1) {
    if (!behind.add(at)) refused.push(at);
    if (at % 10 === 9) turn();
  }
  expect(refused).toEqual([]);
});
