import { expect, test } from '@jest/globals';
import { memoryMarkStore } from '../adapters/memory/memory-mark-store.ts';
import { createFeedMarks } from './feed-marks.ts';
import type { FeedPartition, FeedPosition } from './port.ts';

const at = { topic: 't', partition: 0 };
const name = 't/0';
const log = { startOffset: 0n, endOffset: 1_000n };
const positionAt = (nextOffset: bigint, atMs = 5_000): FeedPosition => ({
  ...at,
  nextOffset,
  until: { at: atMs, endOffset: nextOffset },
  log,
});

/** Marks in memory, and a process whose clock and replays are seen. */
function situation() {
  const store = memoryMarkStore();
  const replays: [number, bigint][] = [];
  let now = 1_000;
  let failsWith: Error | null = null;
  const marks = createFeedMarks({
    store,
    databaseNow: async () => (now += 1),
    replay: async (which: FeedPartition, fromOffset: bigint) => {
      if (failsWith !== null) throw failsWith;
      replays.push([which.partition, fromOffset]);
    },
  });
  const begin = (committedOffset = 10n) => marks.begin({ ...at, log, committedOffset, hasTime: true });
  return {
    store,
    marks,
    replays,
    begin,
    failReplays: (error: Error | null) => (failsWith = error),
    /** Begun and marked at this offset in all buckets. */
    running: async (nextOffset = 10n) => {
      await begin(nextOffset);
      await marks.mark([positionAt(nextOffset)]);
      await marks.mark([positionAt(nextOffset)]);
      return store.stateOf(0);
    },
    rememberedBy: (bucket: number) => store.stateOf(bucket).partitions[name],
  };
}

const all = (outcome: string, count = 128) => ({
  ...{ marked: 0, changed: 0, lower: 0, missing: 0, unreachable: 0 },
  [outcome]: count,
});

test('buckets that know nothing take the position and since, and from the next round on they are marked', async () => {
  const { marks, begin, store } = situation();
  expect(await begin()).toBe(10n);
  const [first] = await marks.mark([positionAt(12n)]);
  expect(first).toMatchObject({ resets: 128, replayedFrom: null, buckets: all('missing') });
  expect(store.stateOf(127)).toEqual({ partitions: { [name]: { nextOffset: 12n, untilAt: null } }, sinceAt: 1_001 });
  const [second] = await marks.mark([positionAt(14n, 6_000)]);
  expect(second).toMatchObject({ resets: 0, commitOffset: 14n, buckets: all('marked') });
  expect(store.stateOf(127).partitions[name]).toEqual({ nextOffset: 14n, untilAt: 6_000 });
});

test('a topic that the database does not write takes the position without a since', async () => {
  const { marks, store } = situation();
  await marks.begin({ ...at, log, committedOffset: 0n, hasTime: false });
  await marks.mark([{ ...positionAt(3n), until: null }]);
  expect(store.stateOf(5)).toEqual({ partitions: { [name]: { nextOffset: 3n, untilAt: null } }, sinceAt: 0 });
});

test('a partition begins at the lowest offset that a bucket remembers', async () => {
  const { marks, begin, running, store } = situation();
  const mark = await running(50n);
  store.putBack(7, { ...mark, partitions: { [name]: { nextOffset: 40n, untilAt: 1 } } });
  marks.end(at);
  expect(await begin(60n)).toBe(40n);
});

test('a failover is replayed from what the copy remembers, and marked again under the new run', async () => {
  const { marks, running, store, replays, rememberedBy } = situation();
  const copy = await running(10n);
  await marks.mark([positionAt(20n)]);
  store.failOver(() => copy);
  const [noticed] = await marks.mark([positionAt(25n, 7_000)]);
  expect(noticed).toMatchObject({ replayedFrom: 10n, buckets: all('changed') });
  expect(replays).toEqual([[0, 10n]]);
  expect(rememberedBy(3)?.nextOffset).toBe(10n);
  await marks.mark([positionAt(18n, 8_000)]);
  expect(rememberedBy(3)).toEqual({ nextOffset: 18n, untilAt: 8_000 });
});

test('a replay that cannot begin is asked for again, and until then nothing is claimed', async () => {
  const { marks, running, store, replays, rememberedBy, failReplays } = situation();
  const copy = await running(10n);
  store.failOver(() => copy);
  failReplays(new Error('the consumer is closing'));
  await expect(marks.mark([positionAt(25n)])).rejects.toThrow('the consumer is closing');
  failReplays(null);
  const [again] = await marks.mark([positionAt(25n)]);
  expect(again?.buckets).toEqual(all('changed'));
  expect(replays).toEqual([[0, 10n]]);
  expect(rememberedBy(0)?.nextOffset).toBe(10n);
});

test('a bucket that is not reached keeps its own mark back, and what is committed', async () => {
  const { marks, running, store, rememberedBy } = situation();
  await running(10n);
  store.faults.unreachable.add(9);
  const [verdict] = await marks.mark([positionAt(20n)]);
  expect(verdict).toMatchObject({ commitOffset: 10n, replayedFrom: null, buckets: { marked: 127, unreachable: 1 } });
  store.faults.unreachable.clear();
  expect(rememberedBy(9)?.nextOffset).toBe(10n);
  expect(rememberedBy(8)?.nextOffset).toBe(20n);
  const [back] = await marks.mark([positionAt(21n)]);
  expect(back).toMatchObject({ commitOffset: 21n, buckets: all('marked') });
});

test('a bucket whose change was passed over claims nothing before it was replayed', async () => {
  const { marks, running, replays, rememberedBy } = situation();
  await running(10n);
  marks.doubt(at, 4);
  const [noticed] = await marks.mark([positionAt(20n)]);
  expect(noticed).toMatchObject({ replayedFrom: 10n, buckets: { marked: 127, changed: 1 } });
  expect(rememberedBy(4)?.nextOffset).toBe(10n);
  expect(replays).toEqual([[0, 10n]]);
});

test('a change that names no home raises since everywhere, or says that it did not', async () => {
  const { marks, store } = situation();
  await marks.raiseSince();
  expect([store.stateOf(0).sinceAt, store.stateOf(127).sinceAt]).toEqual([1_001, 1_001]);
  store.faults.unreachable.add(1);
  await expect(marks.raiseSince()).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE', fate: 'retry' });
});

test('partitions that were not begun, or have ended, are left out', async () => {
  const { marks, begin } = situation();
  expect(await marks.mark([positionAt(5n)])).toEqual([]);
  await begin();
  marks.end(at);
  expect(await marks.mark([positionAt(12n)])).toEqual([]);
});

test('rounds do not overlap: the second sees what the first has learnt', async () => {
  const { marks, begin } = situation();
  await begin();
  const verdicts = await Promise.all([marks.mark([positionAt(12n)]), marks.mark([positionAt(12n)])]);
  expect(verdicts.map(([verdict]) => verdict?.buckets)).toEqual([all('missing'), all('marked')]);
});
