/** What waits for a connection, in the order of its instants. */
export interface Backlog<T> {
  /** @returns false: it is full, and `one` was not taken in */
  push(one: T): boolean;
  first(): T | undefined;
  takeFirst(): T | undefined;
  size(): number;
}

/** From here on what was taken is let go: it is looked through in one piece, and that is not to be done for each. */
const COMPACT_AT = 4_096;

/** @param max  how many may wait; a load that is offered more than this says so, and does not grow */
export function createBacklog<T>(max: number): Backlog<T> {
  let all: T[] = [];
  let taken = 0;
  return {
    push(one) {
      if (all.length - taken >= max) return false;
      all.push(one);
      return true;
    },
    first: () => all[taken],
    takeFirst() {
      const first = all[taken];
      if (taken < all.length) taken += 1;
      if (taken === all.length || taken >= COMPACT_AT) {
        all = all.slice(taken);
        taken = 0;
      }
      return first;
    },
    size: () => all.length - taken,
  };
}
