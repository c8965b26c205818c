import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CacheConfig } from '../cache-config.ts';
import type { CacheWorld } from './cache-world.ts';
import { histories, historyConfig, playBoth } from './history.ts';
import { memoryWorld } from './memory-world.ts';

/**
 * Random histories, played in memory and in another world step by step. A server that is too slow to tell is no failure, but most runs
 * must be compared.
 *
 * @param runs  how many histories
 */
export function describeSameAsInMemory(
  name: string,
  createWorld: (config: Partial<CacheConfig>) => Promise<CacheWorld>,
  runs: number,
): void {
  describe(`random histories ${name}`, () => {
    let memory: CacheWorld;
    let other: CacheWorld;
    beforeAll(async () => {
      memory = await memoryWorld(historyConfig);
      other = await createWorld(historyConfig);
    });
    afterAll(() => other.close());

    test('give the same answers and leave the same state as in memory', async () => {
      let run = 0;
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(histories, async (moves) => {
          run += 1;
          const { ours, theirs, isTimely } = await playBoth(memory, other, moves, [`run-${run}-a`, `run-${run}-b`]);
          if (!isTimely) return;
          compared += 1;
          expect(theirs).toEqual(ours);
        }),
        { numRuns: runs },
      );
      expect(compared).toBeGreaterThan(runs / 2);
    });
  });
}
