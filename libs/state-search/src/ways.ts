const ROOM_AT_FIRST = 1_024;

const doubled = (numbers: Uint32Array): Uint32Array<ArrayBuffer> => {
  const roomier = new Uint32Array(numbers.length * 2);
  roomier.set(numbers);
  return roomier;
};

/**
 * From which state, and by the how manieth of its moves, each state was found. States are numbered as they are found, the
 * first one is 0. Eight bytes for each: with millions of states, moves that are kept as objects would not fit.
 */
export class Ways {
  #from = new Uint32Array(ROOM_AT_FIRST);
  #by = new Uint32Array(ROOM_AT_FIRST);
  #states = 1;

  add(from: number, by: number): void {
    if (this.#states === this.#from.length) {
      this.#from = doubled(this.#from);
      this.#by = doubled(this.#by);
    }
    this.#from[this.#states] = from;
    this.#by[this.#states] = by;
    this.#states += 1;
  }

  /** The places of the moves that lead to a state, from the first one on. */
  to(state: number): number[] {
    const places: number[] = [];
    for (let at = state; at > 0; at = this.#from[at] ?? 0) places.push(this.#by[at] ?? 0);
    return places.reverse();
  }
}
