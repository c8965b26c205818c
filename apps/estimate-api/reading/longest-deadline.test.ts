import { expect, test } from '@jest/globals';
import { benchOfOneHome, settle, shown } from '../testing/reading-bench.ts';
import { withLongestDeadline } from './longest-deadline.ts';

const ask = (deadlineMs: number) => ({ propertyIds: ['p1'], role: 'agent' as const, deadlineMs });

test.each([
  ['what asks for more is answered by then', 5_000, 300],
  ['what asks for less has what it asks for', 200, 200],
])('%s', async (_, deadlineMs, answeredAfterMs) => {
  const { reader, source, clock } = benchOfOneHome();
  source.hold();
  const answer = withLongestDeadline(reader, 300).read(ask(deadlineMs));
  let isAnswered = false;
  void answer.then(() => (isAnswered = true));
  await clock.advance(answeredAfterMs - 1);
  expect(isAnswered).toBe(false);
  await clock.advance(1);
  expect(shown(await answer)).toEqual(['p1 pending']);
});

test('0: nobody waits, and nothing is paid for', async () => {
  const { reader, source } = benchOfOneHome();
  expect(shown(await withLongestDeadline(reader, 0).read(ask(5_000)))).toEqual(['p1 pending']);
  await settle();
  expect(source.calls).toEqual([]);
});

test('what is told as it comes ends by then too', async () => {
  const { reader, source, clock } = benchOfOneHome();
  source.hold();
  const asked: number[] = [];
  const noting = withLongestDeadline(
    {
      ...reader,
      readAsItComes: (question, onNews) => (asked.push(question.deadlineMs), reader.readAsItComes(question, onNews)),
    },
    300,
  );
  noting.readAsItComes(ask(5_000), () => undefined);
  noting.readAsItComes(ask(100), () => undefined);
  await clock.advance(300);
  expect(asked).toEqual([300, 100]);
});
