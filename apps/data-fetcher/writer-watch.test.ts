import { expect, test } from '@jest/globals';
import { CacheUnavailable, WRITER_PROGRESS_MS } from '@porchlight/estimate-cache';
import { ManualClock } from '@porchlight/stream';
import { createWriterWatch } from './writer-watch.ts';

test('asks once a second at most while the writer gets on, and each time while it is silent', async () => {
  const clock = new ManualClock();
  const asked: number[][] = [];
  let alive = new Set([4]);
  const progress = {
    alive: async (partitions: readonly number[]) => {
      asked.push([...partitions]);
      return alive;
    },
  };
  const watch = createWriterWatch({ progress, clock }, 4);
  await watch.check();
  await watch.check();
  expect(asked).toEqual([[4]]);
  await clock.advance(1_000);
  alive = new Set([3]);
  await expect(watch.check()).rejects.toMatchObject({ code: 'WRITER_SILENT', fate: 'retry' });
  await expect(watch.check()).rejects.toMatchObject({ code: 'WRITER_SILENT' });
  expect(asked.length).toBe(3);
});

test('while the node with the keys is away, what was seen last counts for as long as a beat', async () => {
  const clock = new ManualClock();
  let isAway = false;
  const progress = {
    alive: async () => {
      if (isAway) throw new CacheUnavailable('its node is away');
      return new Set([4]);
    },
  };
  const watch = createWriterWatch({ progress, clock }, 4);
  await watch.check();
  isAway = true;
  await clock.advance(WRITER_PROGRESS_MS - 1);
  await watch.check();
  await clock.advance(1);
  await expect(watch.check()).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE', fate: 'retry' });
  isAway = false;
  await watch.check();
});

test('a writer that nobody has seen yet is waited for while the node with the keys is away', async () => {
  const progress = { alive: () => Promise.reject(new CacheUnavailable('its node is away')) };
  const watch = createWriterWatch({ progress, clock: new ManualClock() }, 4);
  await expect(watch.check()).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
});

test('a writer that was seen silent is not taken for alive because the node with the keys goes away then', async () => {
  const clock = new ManualClock();
  let answer: () => Set<number> = () => new Set([4]);
  const watch = createWriterWatch({ progress: { alive: async () => answer() }, clock }, 4);
  await watch.check();
  await clock.advance(1_000);
  answer = () => new Set();
  await expect(watch.check()).rejects.toMatchObject({ code: 'WRITER_SILENT' });
  answer = () => {
    throw new CacheUnavailable('its node is away');
  };
  await expect(watch.check()).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
});
