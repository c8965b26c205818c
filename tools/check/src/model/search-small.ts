import { search, smallWorlds, tell } from '@porchlight/estimate-cache/model';
import type { MutantSearched } from './search-mutant.ts';

/** Searches one small world. */
export function searchSmall(name: string): MutantSearched {
  const world = smallWorlds.find((each) => each.name === name);
  if (world === undefined) throw new Error(`there is no small world of the name ${name}`);
  const { found } = search(world);
  if (found === null) return { promise: null, story: '', steps: 0 };
  return { promise: found.breach.promise, story: tell(found), steps: found.trail.length };
}
