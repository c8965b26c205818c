import type { Breach, Promised } from './breach.ts';
import { createEncoder } from './encode.ts';
import { breachOf, type Move } from './move.ts';
import { movesOf } from './moves.ts';
import { firstState, type State } from './state.ts';
import type { World } from './world.ts';

/** What a search found. `trail`: the shortest way to the breach, which its last move commits. */
export interface Found {
  readonly breach: Breach;
  readonly trail: readonly Move[];
}

export interface Searched {
  readonly world: string;
  readonly states: number;
  /** The longest shortest way to a state. */
  readonly depth: number;
  readonly found: Found | null;
}

export interface SearchOptions {
  /** Told after each layer: how many states are known, how deep, how many wait. */
  readonly onLayer?: (states: number, depth: number, waiting: number) => void;
  /** More states than this are a mistake in the world's definition: the search fails, it is never cut. */
  readonly statesMax?: number;
  /** Only these are asked for; default: all. */
  readonly promises?: ReadonlySet<Promised>;
}

/** A world that does not end: its search was not finished, so nothing is proven. */
export class WorldTooLarge extends Error {
  readonly code = 'WORLD_TOO_LARGE';
  override readonly name = 'WorldTooLarge';
}

const STATES_MAX = 12_000_000;

/** Where each state was found from, so that a breach can be told from the beginning. */
class Ways {
  readonly #from: number[] = [-1];
  readonly #by: number[] = [-1];

  add(from: number, by: number): void {
    this.#from.push(from);
    this.#by.push(by);
  }

  /** The indexes of the moves that lead to a state, from the first one on. */
  to(state: number): number[] {
    const indexes: number[] = [];
    for (let at = state; at > 0; at = this.#from[at] ?? 0) indexes.unshift(this.#by[at] ?? 0);
    return indexes;
  }
}

/** The same moves again, this time with their words kept. */
function retell(world: World, indexes: readonly number[]): Move[] {
  const trail: Move[] = [];
  let state = firstState(world);
  for (const index of indexes) {
    const made = movesOf(state, world)[index];
    if (made === undefined) throw new Error('a search cannot be repeated: its moves depend on more than the state');
    trail.push(made);
    state = made.to;
  }
  return trail;
}

interface Reached {
  readonly state: State;
  readonly id: number;
}

/**
 * Breadth first through every state that a world can reach: what is found first is found by a shortest way.
 *
 * @throws {WorldTooLarge} beyond `statesMax` states
 */
export function search(world: World, { onLayer, statesMax = STATES_MAX, promises }: SearchOptions = {}): Searched {
  const encode = createEncoder();
  const known = new Set<string>([encode(firstState(world))]);
  const ways = new Ways();
  let layer: Reached[] = [{ state: firstState(world), id: 0 }];
  let depth = 0;
  const found = (id: number, by: number, breach: Breach): Searched => {
    const trail = retell(world, [...ways.to(id), by]);
    return { world: world.name, states: known.size, depth, found: { breach, trail } };
  };
  while (layer.length > 0) {
    const next: Reached[] = [];
    for (const { state, id } of layer) {
      const moves = movesOf(state, world);
      for (const [by, made] of moves.entries()) {
        const breach = breachOf(made, world, promises);
        if (breach !== null) return found(id, by, breach);
        const key = encode(made.to);
        if (known.has(key)) continue;
        known.add(key);
        ways.add(id, by);
        next.push({ state: made.to, id: known.size - 1 });
      }
    }
    if (known.size > statesMax) throw new WorldTooLarge(`${world.name} has more than ${statesMax} states`);
    if (next.length > 0) depth += 1;
    layer = next;
    onLayer?.(known.size, depth, layer.length);
  }
  return { world: world.name, states: known.size, depth, found: null };
}
