export type { Breach, Promised } from './breach.ts';
export { search, type Found, type Searched, type SearchOptions } from './search.ts';
export { tell } from './tell.ts';
export type { World, WorldLimits } from './world.ts';
export { brokenWorlds, fullWorlds, smallWorlds } from './worlds.ts';
