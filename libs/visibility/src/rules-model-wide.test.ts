import { expect, test } from '@jest/globals';
import { loose, startedWorldOf, strict, worldOf, type Budget } from './testing/rules-world.ts';
import { searchWorlds } from './testing/search-worlds.ts';

/** As rules-model.test.ts, in wider worlds. */

/** On a busy machine; alone each takes a second or two. */
const SEARCH_MS = 60_000;

const one: Budget = { ruleChanges: 1, moves: 1, polls: 2, restarts: 0, clockSteps: 0, reads: 1 };
const open = { leaving: loose(1), joining: strict(1) };

test.each([
  ["the primary's clock is set back", startedWorldOf({ ...one, polls: 1, clockSteps: 1 })],
  ['tightened, then loosened, with polls in between', startedWorldOf({ ...one, ruleChanges: 2 }, open)],
  ['a process starts, and another in its place', worldOf({ ...one, restarts: 1 })],
])(
  '%s',
  (_, world) => {
    const { story, states } = searchWorlds(world);
    expect(story).toBeNull();
    expect(states).toBeGreaterThan(10_000); // it was not cut short
  },
  SEARCH_MS,
);
