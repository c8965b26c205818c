/**
 * A search of every state that a small world can reach, and the shortest story of what breaks it.
 *
 * For models whose moves are the shipped functions: `searchStates` proves by exhaustion, or shows a counterexample.
 */
export type { Layer, Searchable, Step } from './searchable.ts';
export { searchStates } from './search-states.ts';
export { WorldTooLarge, type Found, type Searched } from './searched.ts';
