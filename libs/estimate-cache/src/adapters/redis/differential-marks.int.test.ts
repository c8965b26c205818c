import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { markHistories, playMarks } from '../../testing/marks/mark-history.ts';
import type { MarkWorld } from '../../testing/marks/mark-world.ts';
import { memoryMarkWorld } from '../../testing/marks/memory-mark-world.ts';
import { redisMarkWorld } from '../../testing/marks/redis-mark-world.ts';

let memory: MarkWorld;
let redis: MarkWorld;
beforeAll(async () => {
  memory = await memoryMarkWorld();
  redis = await redisMarkWorld();
});
afterEach(() => Promise.all([memory.clear(), redis.clear()]));
afterAll(() => redis.close());

test('random commands on marks give the same answers and leave the same state in memory and on Redis', async () => {
  await fc.assert(
    fc.asyncProperty(markHistories, async (moves) => {
      await Promise.all([memory.clear(), redis.clear()]);
      const ours = await playMarks(memory, moves);
      expect(await playMarks(redis, moves)).toEqual(ours);
    }),
    { numRuns: 100 },
  );
});
