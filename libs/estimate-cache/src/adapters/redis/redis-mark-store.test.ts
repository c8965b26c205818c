import { expect, test } from '@jest/globals';
import { CacheFault, CachePartlyUnavailable, CacheUnavailable } from '../../errors.ts';
import { BUCKETS_AT_ONCE } from './mark-slices.ts';
import { redisMarkStore } from './redis-mark-store.ts';
import type { RedisTransport, ScriptCall, ScriptReply } from './redis-transport.ts';

const unused = () => Promise.reject(new Error('not of marks'));

/** Redis as far as scripts go; `seen` has the key of each call, batch by batch. */
function redisOf(run: (keys: readonly string[], batch: number) => Promise<ScriptReply[]>) {
  const seen: string[][] = [];
  const transport: RedisTransport = {
    get: unused,
    getValues: unused,
    beat: unused,
    run: (calls: readonly ScriptCall[]) =>
      run(seen[seen.push(calls.map(({ keys: [key = ''] }) => key)) - 1] ?? [], seen.length),
  };
  return { seen, store: redisMarkStore({ transport, connectionsLost: () => 0 }) };
}

const keyOf = (bucket: number) => `e1:{${bucket}}:k`;
const allKeys = Array.from({ length: 128 }, (_, bucket) => keyOf(bucket));
const saying = (text: string): Buffer => Buffer.from(text);

test('the buckets are asked a few at a time, each once, in order', async () => {
  const { seen, store } = redisOf(async (keys) => keys.map((key) => saying(`run ${key}/0 7|500`)));
  const readings = await store.read();
  expect(readings[5]).toEqual({
    partitions: { 'e1:{5}:k/0': { nextOffset: 7n, untilAt: 500 } },
    sinceAt: 0,
    run: 'run',
  });
  expect(readings.map((reading) => Object.keys(reading?.partitions ?? {}).join())).toEqual(
    allKeys.map((key) => `${key}/0`),
  );
  expect(seen.flat()).toEqual(allKeys);
  expect(Math.max(...seen.map((keys) => keys.length))).toBe(BUCKETS_AT_ONCE);
});

test('the next few are asked when the ones before have been answered', async () => {
  const due: (() => void)[] = [];
  const { seen, store } = redisOf(async (keys) => {
    await new Promise<void>((resolve) => void due.push(resolve));
    return keys.map(() => saying('raised'));
  });
  const answers = store.raiseSince(5);
  for (let batch = 1; batch <= 128 / BUCKETS_AT_ONCE; batch += 1) {
    expect([seen.length, due.length]).toEqual([batch, batch]);
    due[batch - 1]?.();
    await new Promise((resolve) => void setImmediate(resolve));
  }
  expect(await answers).toEqual([]);
});

test('buckets that say the same share what was read; one word of difference, also of the run, keeps them apart', async () => {
  const said = (bucket: number) =>
    bucket === 3 ? 'run t/0 7|501' : bucket === 100 ? 'other t/0 7|500' : 'run t/0 7|500';
  const { store } = redisOf(async (keys) => keys.map((key) => saying(said(allKeys.indexOf(key)))));
  const readings = await store.read();
  expect(new Set(readings).size).toBe(3);
  expect(readings[127]).toBe(readings[0]);
  expect(readings[3]?.partitions['t/0']).toEqual({ nextOffset: 7n, untilAt: 501 });
  expect(readings[100]?.run).toBe('other');
  expect(await store.read()).toEqual(readings);
});

test('once some buckets do not answer, those that are left are asked together: no time-out waits for another', async () => {
  const { seen, store } = redisOf(async (keys, batch) => {
    const replies = keys.map(() => saying('run t/0 7|500'));
    if (batch !== 2) return replies;
    const first = new CacheUnavailable('one node');
    throw new CachePartlyUnavailable([null, ...replies.slice(1)], first);
  });
  const readings = await store.read();
  expect(seen.map((keys) => keys.length)).toEqual([BUCKETS_AT_ONCE, BUCKETS_AT_ONCE, 128 - 2 * BUCKETS_AT_ONCE]);
  expect(readings.flatMap((reading, bucket) => (reading === null ? [bucket] : []))).toEqual([BUCKETS_AT_ONCE]);
});

test('when nobody answers the first few, the others are not asked', async () => {
  const { seen, store } = redisOf(() => Promise.reject(new CacheUnavailable('all of them')));
  expect(await store.read()).toEqual(allKeys.map(() => null));
  expect(seen.map((keys) => keys.length)).toEqual([BUCKETS_AT_ONCE]);
});

test('a nonsensical answer keeps no other bucket from being asked, and is told at the end', async () => {
  const { seen, store } = redisOf(async (keys, batch) => {
    if (batch === 2) throw new CacheFault('of the second few');
    return keys.map(() => saying('raised'));
  });
  await expect(store.raiseSince(5)).rejects.toThrow('of the second few');
  expect(seen.flat()).toEqual(allKeys);
});
