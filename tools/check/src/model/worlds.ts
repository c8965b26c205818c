import { brokenWorlds, fullWorlds, search, smallWorlds, tell, type World } from '@porchlight/estimate-cache/model';
import {
  brokenMarkWorlds,
  largeMarkWorlds,
  markWorlds,
  searchMarks,
  type MarkWorld,
} from '@porchlight/estimate-cache/marks-model';

/** How far a search is: states that are known, the steps to the farthest of them, and those still to be looked at. */
export interface Progress {
  readonly states: number;
  readonly depth: number;
  readonly waiting: number;
}

/** How a search ended; `story` null: every state was seen, and no promise is broken. */
export interface WorldSearched {
  readonly states: number;
  readonly depth: number;
  readonly story: string | null;
}

/** A world of one home, or of the marks. Both are searched alike. */
export interface CheckedWorld {
  readonly name: string;
  readonly about: string;
  readonly of: 'home' | 'marks';
  /** In every `npm test` too. */
  readonly isSmall: boolean;
  search(onLayer?: (progress: Progress) => void): WorldSearched;
}

const ofHome = (world: World, isSmall = true): CheckedWorld => ({
  name: world.name,
  about: world.about,
  of: 'home',
  isSmall,
  search(onLayer) {
    const { states, depth, found } = search(world, { ...(onLayer && { onLayer }) });
    return { states, depth, story: found && tell(found) };
  },
});

const ofMarks = (world: MarkWorld, isSmall = true): CheckedWorld => ({
  name: `marks: ${world.name}${world.without === undefined ? '' : `, without ${world.without}`}`,
  about: world.about,
  of: 'marks',
  isSmall,
  search: (onLayer) => searchMarks(world, { ...(onLayer && { onLayer }) }),
});

/** Each must hold in every state. */
export const checkedWorlds: readonly CheckedWorld[] = [
  ...smallWorlds.map((world) => ofHome(world)),
  ...fullWorlds.map((world) => ofHome(world, false)),
  ...markWorlds.map((world) => ofMarks(world)),
  ...largeMarkWorlds.map((world) => ofMarks(world, false)),
];

/** Each has something taken out that is no single line of the library, and must break. */
export const worldsThatBreak: readonly CheckedWorld[] = [
  ...brokenWorlds.map((world) => ofHome(world)),
  ...brokenMarkWorlds.map((world) => ofMarks(world)),
];

/** The world of this name among those that must hold. @throws if there is none */
export function chosenWorld(name: string): CheckedWorld {
  const chosen = checkedWorlds.find((world) => world.name === name);
  if (chosen === undefined) throw new Error(`there is no world "${name}": --list names them`);
  return chosen;
}
