import { expect, test } from '@jest/globals';
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
