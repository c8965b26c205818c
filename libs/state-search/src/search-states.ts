import type { Searchable, Step } from './searchable.ts';
import { WorldTooLarge, type Searched } from './searched.ts';
import { Ways } from './ways.ts';

/** A Set of V8 holds no more. */
const STATES_HELD_MAX = 2 ** 24 - 1;

/** A breach, by which move of which state, and how many states were seen before it. */
interface Broken<Breach> {
  readonly breach: Breach;
  readonly from: number;
  readonly by: number;
  readonly states: number;
}

/** States are numbered as they are found; of those that were looked at only text, number and way are kept. */
class Search<State, Move extends Step<State>, Breach> {
  readonly #world: Searchable<State, Move, Breach>;
  readonly #known: Set<string>;
  readonly #ways = new Ways();

  constructor(world: Searchable<State, Move, Breach>) {
    this.#world = world;
    this.#known = new Set([world.encode(world.first)]);
  }

  run(): Searched<Move, Breach> {
    const world = this.#world;
    const breach = world.judgeState(world.first);
    if (breach !== null) return { states: 0, depth: 0, found: { breach, trail: [] } };
    let layer = [world.first];
    let depth = 0;
    while (layer.length > 0) {
      const next: State[] = [];
      const broken = this.#lookAt(layer, next);
      if (broken !== null) return this.#tell(broken);
      if (next.length > 0) depth += 1;
      layer = next;
      world.onLayer?.({ states: this.#known.size, depth, waiting: layer.length });
    }
    return { states: this.#known.size, depth, found: null };
  }

  /** One layer: its states are the last that were found. What they lead to goes into `next`. */
  #lookAt(layer: readonly State[], next: State[]): Broken<Breach> | null {
    let number = this.#known.size - layer.length;
    for (const state of layer) {
      const broken = this.#expand(state, number, next);
      if (broken !== null) return broken;
      number += 1;
    }
    return null;
  }

  #expand(state: State, number: number, next: State[]): Broken<Breach> | null {
    const world = this.#world;
    const known = this.#known;
    let by = 0;
    for (const move of world.movesOf(state)) {
      const states = known.size;
      const broken = world.judgeMove?.(move) ?? null;
      if (broken !== null) return { breach: broken, from: number, by, states };
      known.add(world.encode(move.to));
      if (known.size > states) {
        const breach = world.judgeState(move.to);
        if (breach !== null) return { breach, from: number, by, states };
        if (known.size > world.statesMax) throw new WorldTooLarge(world);
        this.#ways.add(number, by);
        next.push(move.to);
      }
      by += 1;
    }
    return null;
  }

  /** The same moves again, this time kept. */
  #tell({ breach, from, by, states }: Broken<Breach>): Searched<Move, Breach> {
    const world = this.#world;
    const trail: Move[] = [];
    let state = world.first;
    for (const place of [...this.#ways.to(from), by]) {
      const move = world.movesOf(state)[place];
      if (move === undefined) throw new Error(`${world.name} cannot be told: its moves depend on more than the state`);
      trail.push(move);
      state = move.to;
    }
    return { states, depth: trail.length, found: { breach, trail } };
  }
}

/**
 * Breadth first through every state that a world can reach: what is found first is found by a shortest way.
 *
 * @param world       moves and judgements that depend on nothing but the state; `statesMax` 1 to 16,777,215
 * @returns           `found` null only if every state was looked at
 * @throws {WorldTooLarge} at the first state beyond `statesMax`, if nothing was broken before it
 * @throws {RangeError}    if `statesMax` is more than can be held, or no count
 */
export function searchStates<State, Move extends Step<State>, Breach>(
  world: Searchable<State, Move, Breach>,
): Searched<Move, Breach> {
  const { name, statesMax } = world;
  if (!Number.isInteger(statesMax) || statesMax < 1 || statesMax > STATES_HELD_MAX) {
    throw new RangeError(`${name}: statesMax is 1 to ${STATES_HELD_MAX}, not ${statesMax}`);
  }
  return new Search(world).run();
}
