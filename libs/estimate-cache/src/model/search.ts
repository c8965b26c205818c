import { searchStates, type Found as FoundBy, type Layer, type Searched as SearchedBy } from '@porchlight/state-search';
import type { Breach, Promised } from './breach.ts';
import { createEncoder } from './encode.ts';
import { breachIn, breachOf, type Move } from './move.ts';
import { movesOf } from './moves.ts';
import { firstState } from './state.ts';
import type { World } from './world.ts';

export type Found = FoundBy<Move, Breach>;
export type Searched = SearchedBy<Move, Breach>;

export interface SearchOptions {
  /** Told after each layer. */
  readonly onLayer?: (layer: Layer) => void;
  /** More states than this are a mistake in the world's definition. */
  readonly statesMax?: number;
  /** Only these are asked for; default: all. */
  readonly promises?: ReadonlySet<Promised>;
}

const STATES_MAX = 12_000_000;

/**
 * Every state that this world can reach, or the shortest way to a breach.
 *
 * @throws {WorldTooLarge} beyond `statesMax` states
 */
export function search(world: World, { onLayer, statesMax = STATES_MAX, promises }: SearchOptions = {}): Searched {
  return searchStates({
    name: world.name,
    first: firstState(world),
    movesOf: (state) => movesOf(state, world),
    encode: createEncoder(),
    judgeState: (state) => breachIn(state, world, promises),
    // where it leads as well: a guard that is taken out may leave what the text of a state does not tell apart
    judgeMove: (made) => breachOf(made, world, promises),
    statesMax,
    ...(onLayer && { onLayer }),
  });
}
