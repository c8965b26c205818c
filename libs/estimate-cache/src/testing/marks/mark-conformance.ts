import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { markScenarios } from './mark-scenarios.ts';
import { markStoryOf } from './mark-story.ts';
import type { MarkWorld } from './mark-world.ts';

/** The suite that every `MarkStore` passes. */
export function describeMarkStore(name: string, createWorld: () => Promise<MarkWorld>): void {
  describe(`marks, ${name}`, () => {
    let world: MarkWorld;
    let played = 0;
    beforeAll(async () => {
      world = await createWorld();
    });
    afterEach(() => world.clear());
    afterAll(() => world.close());

    for (const [title, play] of Object.entries(markScenarios)) {
      test(title, async () => {
        expect.hasAssertions();
        played += 1;
        await play(markStoryOf(world, played), world);
      });
    }
  });
}
