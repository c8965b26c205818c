import { expect, test } from '@jest/globals';
import { memoryMarkStore, type MarkStore } from '@porchlight/estimate-cache';
import { watchBuckets, type WatchedStore } from './away-buckets.ts';

const BUCKETS = 128;
const commands = Array.from({ length: BUCKETS }, (_, bucket) => ({
  bucket,
  commands: [{ topic: 't', partition: 0, run: null, fromOffset: 0n, toOffset: 0n, untilAt: null }],
}));

/** A store that reaches some buckets. */
function setUp(isReached: (bucket: number) => boolean) {
  const store: MarkStore = {
    ...memoryMarkStore(),
    mark: async (buckets) =>
      buckets.map(({ bucket }) => (isReached(bucket) ? [{ outcome: 'missing' as const, run: 'r' }] : null)),
  };
  return watchBuckets(store);
}

const awayOf = (watched: WatchedStore): number[] =>
  Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter((bucket) => watched.isAway(bucket));

test('the buckets that a round misses are away, until one reaches them', async () => {
  let missed = [5, 127];
  const watched = setUp((bucket) => !missed.includes(bucket));
  const answers = await watched.store.mark(commands);
  expect(answers.flatMap((answer, bucket) => (answer === null ? [bucket] : []))).toEqual([5, 127]);
  expect(awayOf(watched)).toEqual([5, 127]);
  missed = [];
  await watched.store.mark(commands);
  expect(awayOf(watched)).toEqual([]);
});

test('when no bucket is reached none counts as away: all of Redis is', async () => {
  const watched = setUp(() => false);
  expect(await watched.store.mark(commands)).toEqual(commands.map(() => null));
  expect(awayOf(watched)).toEqual([]);
});
