import { expect, test } from '@jest/globals';
import { answersInSlices, BUCKETS_AT_ONCE, SLICED_MS_MAX } from './mark-slices.ts';
import { raiseSinceScript } from './scripts/mark.ts';

const calls = Array.from({ length: 128 }, (_, bucket) => ({ script: raiseSinceScript, keys: [`${bucket}`], args: [] }));

/** How many were asked at a time by a Redis of which each trip takes so long. */
async function slicesAt(tripMs: number): Promise<number[]> {
  let now = 0;
  const slices: number[] = [];
  const transport = {
    async run(asked: typeof calls) {
      slices.push(asked.length);
      now += tripMs;
      return asked.map(() => Buffer.from('ok'));
    },
  };
  const answers = await answersInSlices(transport as never, calls, String, () => now);
  expect(answers).toEqual(calls.map(() => 'ok'));
  return slices;
}

test('a round that has taken long asks for all that is left at once', async () => {
  expect(await slicesAt(1)).toEqual(Array.from({ length: 128 / BUCKETS_AT_ONCE }, () => BUCKETS_AT_ONCE));
  expect(await slicesAt(SLICED_MS_MAX / 2)).toEqual([BUCKETS_AT_ONCE, BUCKETS_AT_ONCE, 128 - 2 * BUCKETS_AT_ONCE]);
  expect(await slicesAt(2 * SLICED_MS_MAX)).toEqual([BUCKETS_AT_ONCE, 128 - BUCKETS_AT_ONCE]);
});
