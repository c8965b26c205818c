import { beforeEach, expect, test } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.ts';
import { AnswerClock } from './answer-clock.ts';

const SESSION_MS = 6_000;
let clock: ManualClock;
let expired: number[];
let answers: AnswerClock;
beforeEach(() => {
  clock = new ManualClock();
  expired = [];
  answers = new AnswerClock(clock, SESSION_MS, () => void expired.push(clock.now()));
});

test('a session is over once, so long after the last question that was answered', async () => {
  const askedAt = clock.now();
  answers.answered(askedAt);
  await clock.advance(SESSION_MS - 1);
  expect([answers.isExpired, expired]).toEqual([false, []]);
  await clock.advance(SESSION_MS * 3);
  expect([answers.isExpired, expired]).toEqual([true, [askedAt + SESSION_MS]]);
});

test('each answer begins a new session, also after one that was over', async () => {
  answers.answered(clock.now());
  await clock.advance(SESSION_MS - 1);
  answers.answered(clock.now());
  await clock.advance(SESSION_MS - 1);
  expect(expired).toHaveLength(0);
  await clock.advance(1);
  answers.answered(clock.now());
  expect([answers.isExpired, expired.length]).toEqual([false, 1]);
});

test('an answer that lay about for a session, while the process was stopped, begins none', async () => {
  const askedAt = clock.now();
  answers.answered(askedAt);
  await clock.advance(SESSION_MS - 1);
  const before = clock.now() - SESSION_MS;
  answers.answered(before);
  expect([answers.isExpired, expired]).toEqual([true, [clock.now()]]);
});

test('nothing expires after the member has left', async () => {
  answers.answered(clock.now());
  answers.stop();
  await clock.advance(SESSION_MS * 2);
  expect(expired).toEqual([]);
});
