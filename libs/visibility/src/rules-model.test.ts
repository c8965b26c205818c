import { expect, test } from '@jest/globals';
import { loose, startedWorldOf, strict, worldOf, type Budget } from './testing/rules-world.ts';
import { searchWorlds } from './testing/search-worlds.ts';

/** Every interleaving of a small world, searched to its end. What may not happen in any: `breachOf`, `settlesWrongly`. */

/** On a busy machine; alone each takes a second or two. */
const SEARCH_MS = 60_000;

const one: Budget = { ruleChanges: 1, moves: 1, polls: 1, restarts: 0, clockSteps: 0, reads: 1 };
const open = { leaving: loose(1), joining: strict(1) };
const late = { leaving: null, joining: strict(1) };

test.each([
  ['a rule is loosened while a home leaves its MLS', startedWorldOf(one)],
  ['polls are answered out of order', startedWorldOf({ ...one, ruleChanges: 2, moves: 0, polls: 2 })],
  ['tightened and loosened between two polls', startedWorldOf({ ...one, ruleChanges: 2, moves: 2 }, open, 'joining')],
  ['the rule of an MLS comes after its homes', startedWorldOf(one, late)],
  ['a process starts in the middle of it', worldOf(one)],
])(
  '%s',
  (_, world) => {
    const { story, states } = searchWorlds(world);
    expect(story).toBeNull();
    expect(states).toBeGreaterThan(1_000); // it was not cut short
  },
  SEARCH_MS,
);
