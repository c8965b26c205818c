/** One step, and the state that it leads to. Whatever else it carries is told with the trail. */
export interface Step<State> {
  readonly to: State;
}

/** How far a search is. */
export interface Layer {
  /** How many states are known. */
  readonly states: number;
  /** How many steps from the first one the farthest of them are. */
  readonly depth: number;
  /** How many of them are still to be looked at. */
  readonly waiting: number;
}

/** Something to search: where it begins, what may happen, what must never be. */
export interface Searchable<State, Move extends Step<State>, Breach> {
  /** For the error that refuses it. */
  readonly name: string;
  readonly first: State;
  /** Everything that may happen next, always in the same order: of a way only the places of its moves are kept. */
  movesOf(state: State): readonly Move[];
  /** States with the same text have the same future and are judged alike; only the first of them is followed. */
  encode(state: State): string;
  /** What is wrong in a state; null: nothing. Asked once for each text, and for the first state too. */
  judgeState(state: State): Breach | null;
  /** What a move breaks, by itself or by where it leads; asked of every move, also of one to a state that is known. */
  judgeMove?(move: Move): Breach | null;
  /** More states than this are a mistake in the world's definition: the search fails, it is never cut. */
  readonly statesMax: number;
  /** Told after each layer. */
  onLayer?(layer: Layer): void;
}
