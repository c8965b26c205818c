/** What a search found. */
export interface Found<Move, Breach> {
  readonly breach: Breach;
  /** A shortest way to the breach, which its last move commits; empty: the first state is broken. */
  readonly trail: readonly Move[];
}

/** How a search ended. */
export interface Searched<Move, Breach> {
  /** How many states were seen; with a breach, how many before it. */
  readonly states: number;
  /** The longest shortest way to a state; with a breach, the length of its trail. */
  readonly depth: number;
  /** null: nothing is broken, and every state was seen. */
  readonly found: Found<Move, Breach> | null;
}

/** A world that does not end: its search was not finished, so nothing is proven. */
export class WorldTooLarge extends Error {
  readonly code = 'WORLD_TOO_LARGE';
  override readonly name = 'WorldTooLarge';

  constructor(world: { readonly name: string; readonly statesMax: number }) {
    super(`${world.name} has more than ${world.statesMax} states`);
  }
}
