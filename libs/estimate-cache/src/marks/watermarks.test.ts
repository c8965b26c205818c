import { describe, expect, test } from '@jest/globals';
import { memoryMarkStore } from '../adapters/memory/memory-mark-store.ts';
import { bucketOf } from '../keys.ts';
import type { FeedProgress, MarkReading, WatermarksReport } from './port.ts';
import { createWatermarks } from './watermarks.ts';

const HOME = 'p1';
const BUCKET = bucketOf(HOME);

function situation() {
  const store = memoryMarkStore();
  const reports: WatermarksReport[] = [];
  const due: { delayMs: number; run: () => void; isCancelled: boolean }[] = [];
  let now = 1_000;
  let progress: FeedProgress | Promise<FeedProgress> | Error | null = { publishedUntilAt: 900, partitions: { t: 1 } };
  const watermarks = createWatermarks({
    store,
    progress: async () => {
      if (progress instanceof Error) throw progress;
      return progress;
    },
    databaseNow: () => now,
    estimatesTopic: 'e',
    clock: {
      after(delayMs, run) {
        const timer = { delayMs, run, isCancelled: false };
        due.push(timer);
        return { cancel: () => (timer.isCancelled = true) };
      },
    },
    onPoll: (report) => reports.push(report),
  });
  const mark = (untilAt: number, sinceAt = 0) => {
    for (let bucket = 0; bucket < 128; bucket += 1) {
      store.putBack(bucket, { partitions: { 't/0': { nextOffset: 1n, untilAt } }, sinceAt });
    }
  };
  return {
    store,
    watermarks,
    reports,
    due,
    mark,
    seen: () => watermarks.taken()(HOME),
    setNow: (next: number) => (now = next),
    setProgress: (next: FeedProgress | Promise<FeedProgress> | Error | null): void => void (progress = next),
  };
}

test('what was read last is believed, also downwards; and then what held before only is checked', async () => {
  const { watermarks, mark, seen, setNow } = situation();
  expect(seen()).toBeNull();
  mark(700, 30);
  await watermarks.poll();
  expect(seen()).toEqual({ watermarkAt: 700, sinceAt: 30, forgotAt: 1_000 });
  mark(600, 40);
  setNow(1_500);
  await watermarks.poll();
  expect(seen()).toEqual({ watermarkAt: 600, sinceAt: 40, forgotAt: 1_500 });
  setNow(2_000);
  mark(800, 40);
  await watermarks.poll();
  expect(seen()).toEqual({ watermarkAt: 800, sinceAt: 40, forgotAt: 1_500 });
  mark(800, 30);
  await watermarks.poll();
  expect(seen()?.forgotAt).toBe(2_000);
});

test('a bucket that has lost a partition or its T has forgotten, one whose marks rise has not', async () => {
  const { watermarks, seen, store, setNow } = situation();
  const said = async (partitions: Record<string, { nextOffset: bigint; untilAt: number | null }>) => {
    store.putBack(BUCKET, { partitions, sinceAt: 0 });
    await watermarks.poll();
    return seen()?.forgotAt ?? 0;
  };
  expect(await said({ 't/0': { nextOffset: 5n, untilAt: null } })).toBe(1_000);
  setNow(2_000);
  expect(await said({ 't/0': { nextOffset: 5n, untilAt: 500 }, 'u/0': { nextOffset: 1n, untilAt: null } })).toBe(1_000);
  expect(await said({ 't/0': { nextOffset: 6n, untilAt: 501 }, 'u/0': { nextOffset: 1n, untilAt: null } })).toBe(1_000);
  expect(await said({ 't/0': { nextOffset: 6n, untilAt: 501 } })).toBe(2_000);
});

test.each([
  ['a lower offset', { nextOffset: 4n, untilAt: 500 }],
  ['no T any more', { nextOffset: 5n, untilAt: null }],
  ['a lower T', { nextOffset: 5n, untilAt: 499 }],
])('%s is an older memory', async (_, lower) => {
  const { watermarks, seen, store, setNow } = situation();
  store.putBack(BUCKET, { partitions: { 't/0': { nextOffset: 5n, untilAt: 500 } }, sinceAt: 0 });
  await watermarks.poll();
  store.putBack(BUCKET, { partitions: { 't/0': lower }, sinceAt: 0 });
  setNow(2_000);
  await watermarks.poll();
  expect(seen()?.forgotAt).toBe(2_000);
});

test('what a process has not seen may have been forgotten: of a bucket read first, what held before only is checked', async () => {
  const { watermarks, mark, seen, setNow, store } = situation();
  store.faults.unreachable.add(BUCKET);
  await watermarks.poll();
  expect(seen()).toBeNull();
  store.faults.unreachable.clear();
  mark(700);
  setNow(2_000);
  await watermarks.poll();
  expect(seen()?.forgotAt).toBe(2_000);
});

test('while the time of the database is not known, nothing that may have been forgotten is believed', async () => {
  const { watermarks, seen, store, mark, setNow } = situation();
  mark(700);
  await watermarks.poll();
  store.loseConnection();
  setNow(Number.POSITIVE_INFINITY);
  await watermarks.poll();
  expect(seen()?.forgotAt).toBe(Number.POSITIVE_INFINITY);
  setNow(3_000);
  await watermarks.poll();
  expect(seen()?.forgotAt).toBe(3_000);
});

test("a T of before the primary's clock was set back counts for nothing, also when its time has come", async () => {
  const { watermarks, seen, setNow, setProgress, mark } = situation();
  const said = async (now: number) => {
    setNow(now);
    setProgress({ publishedUntilAt: now, partitions: { t: 1 } });
    await watermarks.poll();
    return seen()?.watermarkAt ?? null;
  };
  mark(60_000);
  expect(await said(60_000)).toBe(60_000);
  expect(await said(30_000)).toBe(-Infinity);
  expect(await said(59_500)).toBe(-Infinity);
  expect(await said(75_000)).toBe(-Infinity);
  mark(74_000);
  expect(await said(75_000)).toBe(74_000);
});

test('a poll that fails lets the last reading age', async () => {
  const { watermarks, mark, seen, store, setProgress, reports } = situation();
  mark(700);
  await watermarks.poll();
  store.faults.unreachable.add(BUCKET);
  const down = new Error('no database');
  setProgress(down);
  mark(800);
  await watermarks.poll();
  expect(seen()?.watermarkAt).toBe(700);
  expect(reports.at(-1)).toEqual({
    bucketsUnreachable: 1,
    bucketsUnmarked: 0,
    lowestAt: 700,
    estimatesUntilAt: null,
    progressError: down,
  });
});

test('a memory on another run has forgotten, also one whose mark is the same, and whose connection stayed', async () => {
  const { watermarks, mark, seen, store, setNow } = situation();
  mark(700);
  await watermarks.poll();
  setNow(2_000);
  await watermarks.poll();
  expect(seen()).toEqual({ watermarkAt: 700, sinceAt: 0, forgotAt: 1_000 });
  store.failOverUnseen((bucket) => store.stateOf(bucket));
  await watermarks.poll();
  expect(seen()).toEqual({ watermarkAt: 700, sinceAt: 0, forgotAt: 2_000 });
  setNow(3_000);
  await watermarks.poll();
  expect(seen()?.forgotAt).toBe(2_000);
});

test('what was read before a connection was lost does not count after it', async () => {
  const { watermarks, mark, seen, store, setNow } = situation();
  mark(700);
  await watermarks.poll();
  const taken = watermarks.taken();
  setNow(2_000);
  store.loseConnection();
  expect([seen(), taken(HOME)]).toEqual([null, null]);
  await watermarks.poll();
  expect(seen()).toEqual({ watermarkAt: 700, sinceAt: 0, forgotAt: 2_000 });
  expect(taken(HOME)).toBeNull();
});

test('a memory that was lost is known before a database that is slow has answered', async () => {
  const { watermarks, mark, seen, store, setNow, setProgress } = situation();
  mark(700);
  await watermarks.poll();
  const row = Promise.withResolvers<FeedProgress>();
  setProgress(row.promise);
  setNow(2_000);
  store.loseConnection();
  const polled = watermarks.poll();
  for (let turn = 0; turn < 20 && seen() === null; turn += 1) await Promise.resolve();
  expect(seen()).toEqual({ watermarkAt: 700, sinceAt: 0, forgotAt: 2_000 });
  mark(2_000);
  row.resolve({ publishedUntilAt: 1_900, partitions: { t: 1 } });
  await polled;
  expect(seen()?.watermarkAt).toBe(700);
});

test('what was taken before values were read does not learn of a later reading', async () => {
  const { watermarks, mark } = situation();
  mark(700);
  await watermarks.poll();
  const taken = watermarks.taken();
  mark(800);
  await watermarks.poll();
  expect(taken(HOME)?.watermarkAt).toBe(700);
});

test('nothing is known before the relay has a row, or of a bucket that is not marked', async () => {
  const { watermarks, mark, seen, setProgress, store, reports } = situation();
  mark(700);
  setProgress(null);
  await watermarks.poll();
  expect(seen()?.watermarkAt).toBe(-Infinity);
  setProgress({ publishedUntilAt: 900, partitions: { t: 1, u: 1 } });
  for (let bucket = 0; bucket < 128; bucket += 1) {
    const partitions = { 't/0': { nextOffset: 1n, untilAt: 700 }, 'u/0': { nextOffset: 1n, untilAt: 800 } };
    if (bucket !== BUCKET) store.putBack(bucket, { partitions, sinceAt: 0 });
  }
  await watermarks.poll();
  expect(seen()?.watermarkAt).toBe(-Infinity);
  expect(reports.at(-1)).toMatchObject({ bucketsUnmarked: 1, lowestAt: 700 });
});

describe('the topic of new estimates', () => {
  const facts = { 't/0': { nextOffset: 1n, untilAt: 700 } };
  function marked() {
    const all = situation();
    const markEstimates = (untilAt: number | null, first = 0) => {
      for (let bucket = first; bucket < 128; bucket += 1) {
        all.store.putBack(bucket, { partitions: { ...facts, 'e/0': { nextOffset: 1n, untilAt } }, sinceAt: 0 });
      }
    };
    return { ...all, markEstimates, until: () => all.watermarks.estimatesUntilAt(HOME) };
  }

  test('is applied up to what the home’s bucket says; before anything was read nobody knows', async () => {
    const { watermarks, markEstimates, until, reports } = marked();
    expect(until()).toBe(-Infinity);
    markEstimates(600);
    await watermarks.poll();
    expect([until(), reports.at(-1)?.estimatesUntilAt]).toEqual([600, 600]);
    markEstimates(650, BUCKET + 1);
    await watermarks.poll();
    expect([until(), reports.at(-1)?.estimatesUntilAt]).toEqual([600, 600]);
    markEstimates(null, BUCKET);
    await watermarks.poll();
    expect([until(), reports.at(-1)?.estimatesUntilAt]).toEqual([-Infinity, null]);
  });

  test('is what was read last also while a bucket or a connection is away: it only ages', async () => {
    const { watermarks, markEstimates, until, seen, store } = marked();
    markEstimates(600);
    await watermarks.poll();
    store.loseConnection();
    expect([seen(), until()]).toEqual([null, 600]);
    store.faults.unreachable.add(BUCKET);
    markEstimates(650);
    await watermarks.poll();
    expect(until()).toBe(600);
  });

  test('says nothing of facts, however late it is or how far in the future: nobody is checked for it', async () => {
    const { watermarks, markEstimates, until, seen, setNow } = marked();
    markEstimates(1);
    await watermarks.poll();
    expect([until(), seen()?.watermarkAt]).toEqual([1, 700]);
    markEstimates(60_000); // before the primary's clock was set back
    await watermarks.poll();
    expect([until(), seen()?.watermarkAt]).toEqual([-Infinity, 700]);
    setNow(59_000);
    expect(until()).toBe(60_000);
  });
});

test('it polls at once and then every second, one round at a time, until it is stopped', async () => {
  const { watermarks, mark, seen, due } = situation();
  mark(700);
  watermarks.start();
  await watermarks.poll();
  await Promise.resolve();
  expect(seen()?.watermarkAt).toBe(700);
  expect(due.map(({ delayMs }) => delayMs)).toEqual([1_000]);
  mark(800);
  due[0]?.run();
  await watermarks.poll();
  await Promise.resolve();
  expect(seen()?.watermarkAt).toBe(800);
  watermarks.stop();
  expect(due.map(({ isCancelled }) => isCancelled)).toEqual([false, true]);
});

test('buckets that share what was read are each judged by what was read of them before', async () => {
  const readingOf = (untilAt: number): MarkReading => ({
    partitions: { 't/0': { nextOffset: 1n, untilAt } },
    sinceAt: 0,
    run: 'r',
  });
  const [low, middle, high] = [readingOf(500), readingOf(600), readingOf(700)];
  const fewOthers = (others: MarkReading, few: MarkReading) =>
    Array.from({ length: 128 }, (_, bucket) => (bucket === BUCKET ? few : others));
  const rounds = [fewOthers(low, high), fewOthers(middle, middle)];
  let now = 1_000;
  const watermarks = createWatermarks({
    store: { read: async () => rounds.shift() ?? [], connectionsLost: () => 0 },
    progress: async () => ({ publishedUntilAt: 900, partitions: { t: 1 } }),
    databaseNow: () => now,
    clock: { after: () => ({ cancel: () => undefined }) },
  });
  await watermarks.poll();
  now = 2_000;
  await watermarks.poll();
  const other = ['p2', 'p3'].find((id) => bucketOf(id) !== BUCKET) ?? '';
  expect(watermarks.taken()(other)).toEqual({ watermarkAt: 600, sinceAt: 0, forgotAt: 1_000 });
  expect(watermarks.taken()(HOME)).toEqual({ watermarkAt: 600, sinceAt: 0, forgotAt: 2_000 });
});
