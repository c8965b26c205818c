import { expect, test } from '@jest/globals';
import { memoryMarkStore, type MarkStore } from '@porchlight/estimate-cache';
import { MARKED_AT_ONCE, watchBuckets, type WatchedStore } from './away-buckets.ts';

const BUCKETS = 128;
const commands = Array.from({ length: BUCKETS }, (_, bucket) => ({
  bucket,
  commands: [{ topic: 't', partition: 0, run: null, fromOffset: 0n, toOffset: 0n, untilAt: null }],
}));

/** A store that reaches some buckets. */
function setUp(isReached: (bucket: number) => boolean) {
  const asked: number[] = [];
  const inner = memoryMarkStore();
  const store: MarkStore = {
    ...inner,
    async mark(buckets) {
      asked.push(buckets.length);
      return buckets.map(({ bucket }) => (isReached(bucket) ? [{ outcome: 'missing' as const, run: 'r' }] : null));
    },
  };
  return { asked, watched: watchBuckets(store) };
}

const awayOf = (watched: WatchedStore): number[] =>
  Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter((bucket) => watched.isAway(bucket));

test('a round is sent part by part, and the buckets that a part misses are away', async () => {
  const { asked, watched } = setUp((bucket) => bucket !== 5 && bucket !== 127);
  const answers = await watched.store.mark(commands);
  expect(asked).toEqual(Array.from({ length: BUCKETS / MARKED_AT_ONCE }, () => MARKED_AT_ONCE));
  expect(answers.flatMap((answer, bucket) => (answer === null ? [bucket] : []))).toEqual([5, 127]);
  expect(awayOf(watched)).toEqual([5, 127]);
});

test('a part that nobody answers, behind one that was, says nothing of the next', async () => {
  const { asked, watched } = setUp((bucket) => bucket < 32 || bucket >= 64);
  await watched.store.mark(commands);
  expect([asked.length, awayOf(watched).length, watched.isAway(31), watched.isAway(32), watched.isAway(64)]).toEqual([
    4,
    32,
    false,
    true,
    false,
  ]);
});

test('when nobody answers the first part the rest is not sent, and no bucket counts as away: all of Redis is', async () => {
  const { asked, watched } = setUp(() => false);
  expect(await watched.store.mark(commands)).toEqual(commands.map(() => null));
  expect([asked, awayOf(watched)]).toEqual([[MARKED_AT_ONCE], []]);
});
