import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CacheConfig } from '../cache-config.ts';
import type { CacheWorld } from './cache-world.ts';
import { acquireScenarios } from './scenarios/acquire.ts';
import { changeScenarios } from './scenarios/changes.ts';
import { factsOnlyScenarios } from './scenarios/facts-only.ts';
import { fillScenarios } from './scenarios/fill.ts';
import { formatScenarios } from './scenarios/format.ts';
import { raceScenarios } from './scenarios/races.ts';
import { recheckScenarios } from './scenarios/recheck.ts';
import { batchScenarios } from './scenarios/batches.ts';
import type { Scenarios } from './scenarios/scenario.ts';
import { storyOf } from './story.ts';

const groups: Record<string, Scenarios> = {
  'a miss': acquireScenarios,
  'a fill': fillScenarios,
  'facts alone': factsOnlyScenarios,
  'a change': changeScenarios,
  'before paying': recheckScenarios,
  'a value that cannot be read': formatScenarios,
  'batches and progress': batchScenarios,
  'the races': raceScenarios,
};

/** TTLs are not cut by chance here, and each is another one, so that a scenario can name them. */
export const conformanceConfig: Partial<CacheConfig> = { jitterShare: 0, noneTtlMs: 200_000 };

/**
 * The one suite that every adapter of `EstimateCache` passes: each guard of the protocol with a case that it must
 * refuse, and the races it was built for. Each scenario has a home of its own.
 */
export function describeEstimateCache(
  name: string,
  createWorld: (config: Partial<CacheConfig>) => Promise<CacheWorld>,
): void {
  describe(`the cache protocol, ${name}`, () => {
    let world: CacheWorld;
    let homes = 0;
    beforeAll(async () => {
      world = await createWorld(conformanceConfig);
    });
    afterAll(() => world.close());

    for (const [group, scenarios] of Object.entries(groups)) {
      describe(group, () => {
        for (const [title, play] of Object.entries(scenarios)) {
          test(title, async () => {
            expect.hasAssertions();
            homes += 1;
            const propertyId = `home-${homes}`;
            await play(storyOf(world, propertyId), world);
            await world.drop(propertyId);
          });
        }
      });
    }
  });
}
