import { expect, test } from '@jest/globals';
import { search } from '../search.ts';
import { tell } from '../tell.ts';
import { smallWorlds } from '../worlds.ts';

/** More is not small: it would be felt in every `npm test`. */
const SMALL_STATES_MAX = 150_000;
/** Far more than it takes on a busy machine. */
const SEARCH_MS_MAX = 120_000;

/** The test of one small world. A file for each, so that a mutant costs the search of the one world that kills it. */
export function proveSmallWorld(name: string): void {
  test(
    `every order of everything that may happen keeps every promise: ${name}`,
    () => {
      const world = smallWorlds.find((each) => each.name === name);
      if (world === undefined) throw new Error(`there is no small world of the name ${name}`);
      const { found, states } = search(world, { statesMax: SMALL_STATES_MAX });
      expect(found === null ? 'nothing is broken' : tell(found)).toBe('nothing is broken');
      expect(states).toBeGreaterThan(500);
    },
    SEARCH_MS_MAX,
  );
}
