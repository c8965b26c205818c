import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CacheWorld } from '../../testing/cache-world.ts';
import { histories, historyConfig, playBoth } from '../../testing/history.ts';
import { memoryWorld } from '../../testing/memory-world.ts';
import { redisWorld } from '../../testing/redis-world.ts';

const RUNS = 300;

let memory: CacheWorld;
let redis: CacheWorld;
beforeAll(async () => {
  memory = await memoryWorld(historyConfig);
  redis = await redisWorld(historyConfig);
});
afterAll(() => redis.close());

test('random histories give the same answers and leave the same state in memory and on Redis', async () => {
  let run = 0;
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (moves) => {
      run += 1;
      const { ours, theirs, isTimely } = await playBoth(memory, redis, moves, [`run-${run}-a`, `run-${run}-b`]);
      if (!isTimely) return;
      compared += 1;
      expect(theirs).toEqual(ours);
    }),
    { numRuns: RUNS },
  );
  expect(compared).toBeGreaterThan(RUNS / 2);
});
