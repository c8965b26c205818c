import { expect, test } from '@jest/globals';
import {
  commitOffsetOf,
  doubtBucket,
  keepLesson,
  learnMarks,
  learnResets,
  markRoundOf,
  openLedger,
  resetsOf,
  type PartitionLedger,
} from './ledger.ts';
import type { FeedPosition, FeedUntil, MarkAnswer } from './port.ts';

const at = { topic: 't', partition: 3 };
const positionAt = (nextOffset: bigint, changes: Partial<FeedPosition> = {}): FeedPosition => ({
  ...at,
  nextOffset,
  until: null,
  log: { startOffset: 0n, endOffset: 1_000n },
  ...changes,
});
const until = (atMs: number, endOffset: bigint): FeedUntil => ({ at: atMs, endOffset });

/** Two buckets on runs that are known. */
const known = (fromOffset = 100n, startOffset = 100n): PartitionLedger => {
  const ledger = openLedger(2, startOffset);
  return { ...ledger, buckets: ledger.buckets.map((bucket, i) => ({ ...bucket, run: `r${i}`, fromOffset })) };
};
const learn = (position: FeedPosition, answers: (MarkAnswer | null)[], ledger = known()) =>
  learnMarks(markRoundOf(ledger, position), position, answers);
const marked = (nextOffset: bigint): MarkAnswer => ({ outcome: 'marked', nextOffset });
const changed = (nextOffset: bigint): MarkAnswer => ({ outcome: 'changed', run: 'new', nextOffset });

test('a partition that has just come claims nothing, and begins where the lowest bucket is', () => {
  const position = positionAt(60n);
  const round = markRoundOf(openLedger(2, 60n), position);
  expect(round.commands.map(({ run }) => run)).toEqual([null, null]);
  const lesson = learnMarks(round, position, [changed(55n), changed(70n)]);
  expect(lesson.replayFrom).toBe(55n);
  expect(lesson.ledger.buckets).toMatchObject([
    { run: 'new', fromOffset: 55n },
    { run: 'new', fromOffset: 70n },
  ]);
});

test('what is acknowledged need not be said again', () => {
  const { ledger, replayFrom, commitOffset } = learn(positionAt(120n), [marked(120n), marked(130n)]);
  expect([replayFrom, commitOffset]).toEqual([null, 120n]);
  expect(ledger.buckets.map(({ fromOffset }) => fromOffset)).toEqual([120n, 120n]);
});

test('a bucket that was not reached holds back what is committed, and nothing else', () => {
  const { ledger, replayFrom, commitOffset } = learn(positionAt(120n), [marked(120n), null]);
  expect([replayFrom, commitOffset]).toEqual([null, 100n]);
  expect(ledger.buckets.map(({ fromOffset }) => fromOffset)).toEqual([120n, 100n]);
});

test('after a change of memory everything from its mark on is done again, also what is under way', () => {
  expect(learn(positionAt(120n), [changed(80n), marked(120n)]).replayFrom).toBe(80n);
  expect(learn(positionAt(120n), [changed(120n), marked(120n)]).replayFrom).toBe(120n);
  expect(learn(positionAt(120n), [changed(150n), marked(120n)]).replayFrom).toBe(120n);
});

test('while one bucket is replayed, the other keeps what it has', () => {
  const { ledger } = learn(positionAt(120n), [{ outcome: 'lower', run: 'r0', nextOffset: 80n }, marked(120n)]);
  const { commands } = markRoundOf(ledger, positionAt(90n));
  expect(commands.map(({ run, fromOffset, toOffset }) => [run, fromOffset, toOffset])).toEqual([
    ['r0', 80n, 90n],
    ['r1', 120n, 120n],
  ]);
  expect(commitOffsetOf(ledger, 90n)).toBe(80n);
});

test('T is said only of a bucket that has all below the end that was asked for after it', () => {
  const untilsOf = (nextOffset: bigint, ...heard: FeedUntil[]) => {
    let round = markRoundOf(known(), positionAt(100n, { until: heard[0] ?? null }));
    for (const next of heard.slice(1)) round = markRoundOf(round.ledger, positionAt(100n, { until: next }));
    return markRoundOf(round.ledger, positionAt(nextOffset)).commands.map(({ untilAt }) => untilAt);
  };
  expect(untilsOf(109n, until(5_000, 110n))).toEqual([null, null]);
  expect(untilsOf(110n, until(5_000, 110n))).toEqual([5_000, 5_000]);
  expect(untilsOf(110n, until(5_000, 110n), until(6_000, 111n))).toEqual([5_000, 5_000]);
  expect(untilsOf(110n, until(5_000, 110n), until(6_000, 110n))).toEqual([6_000, 6_000]);
  expect(untilsOf(111n, until(5_000, 110n), until(6_000, 111n))).toEqual([6_000, 6_000]);
});

test('Ts of a long delay hold one after the other, and take a bounded room', () => {
  let ledger = known();
  for (let second = 1; second <= 500; second += 1) {
    ledger = markRoundOf(ledger, positionAt(100n, { until: until(second, 100n + BigInt(second)) })).ledger;
  }
  expect(ledger.pending).toHaveLength(128);
  expect(markRoundOf(ledger, positionAt(150n)).commands[0]?.untilAt).toBe(50);
});

test("a T that was read before the primary's clock was set back is said no more", () => {
  const { ledger } = markRoundOf(known(), positionAt(100n, { until: until(9_000, 110n) }));
  const back = markRoundOf(ledger, positionAt(110n, { until: until(6_000, 115n) }));
  expect(back.commands.map(({ untilAt }) => untilAt)).toEqual([null, null]);
  const next = markRoundOf(back.ledger, positionAt(115n));
  expect(next.commands.map(({ untilAt }) => untilAt)).toEqual([6_000, 6_000]);
});

test('a bucket that knows nothing, or only what the log no longer has, takes the position', () => {
  const position = positionAt(120n, { log: { startOffset: 90n, endOffset: 130n } });
  const { lost, resetOffset, replayFrom, ledger } = learn(position, [{ outcome: 'missing', run: 'm' }, changed(89n)]);
  expect(lost).toEqual([
    { bucket: 0, run: 'm', seenOffset: null },
    { bucket: 1, run: 'new', seenOffset: 89n },
  ]);
  expect([replayFrom, resetOffset]).toEqual([null, 120n]);
  expect(resetsOf(at, resetOffset, lost, 7_000)).toEqual([
    { bucket: 0, commands: [{ ...at, seenOffset: null, nextOffset: 120n, sinceAt: 7_000 }] },
    { bucket: 1, commands: [{ ...at, seenOffset: 89n, nextOffset: 120n, sinceAt: 7_000 }] },
  ]);
  const after = learnResets(ledger, resetOffset, lost, ['reset', 'kept']);
  expect(after.buckets).toMatchObject([
    { run: 'm', fromOffset: 120n },
    { run: 'r1', fromOffset: 100n },
  ]);
});

test('nothing is claimed once the log begins behind the place where the partition stood', () => {
  const { commands } = markRoundOf(known(), positionAt(140n, { log: { startOffset: 140n, endOffset: 150n } }));
  expect(commands.map(({ run }) => run)).toEqual([null, null]);
});

test('a log that ends before the position is another: it begins at its start, and every bucket takes that', () => {
  const log = { startOffset: 2n, endOffset: 20n };
  const position = positionAt(120n, { log, until: until(9_000, 20n) });
  const round = markRoundOf(known(), position);
  expect(round.commands.map(({ run }) => run)).toEqual([null, null]);
  const { lost, replayFrom, resetOffset } = learnMarks(round, position, [changed(120n), changed(10n)]);
  expect([lost.length, replayFrom, resetOffset]).toEqual([2, 2n, 2n]);
});

test('a position that is already beyond the end that was asked for is none of another log', () => {
  const log = { startOffset: 0n, endOffset: 110n };
  const { commands } = markRoundOf(known(), positionAt(120n, { log, until: until(9_000, 110n) }));
  expect(commands).toMatchObject([
    { run: 'r0', toOffset: 120n, untilAt: 9_000 },
    { run: 'r1', toOffset: 120n, untilAt: 9_000 },
  ]);
});

test('a doubt outlives what was being learnt meanwhile', () => {
  const position = positionAt(120n);
  const round = markRoundOf(known(), position);
  const { ledger } = learnMarks(round, position, [marked(120n), marked(120n)]);
  const kept = keepLesson(ledger, doubtBucket(round.ledger, 1));
  expect(kept.buckets).toMatchObject([
    { run: 'r0', fromOffset: 120n },
    { run: null, fromOffset: 120n, doubts: 1 },
  ]);
  expect(keepLesson(kept, kept)).toEqual(kept);
});
