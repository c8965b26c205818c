/** A request that waits for the processor. */
export interface Waiting {
  readonly answer: () => void;
  readonly refuse: () => void;
  /** Its caller has hung up: nobody would read what it is answered. */
  readonly hasLeft: () => boolean;
}

interface Queued extends Waiting {
  /** Processor time of this process when it came. */
  readonly sinceMs: number;
}

/** From here on who has left the line is let go: one that is never empty must not keep whoever was in it. */
const COMPACT_AT = 1_024;

/** Those who wait, in the order of their arrival. */
export function createWaitingLine() {
  let all: Queued[] = [];
  let first = 0;
  return {
    size: () => all.length - first,
    push: (queued: Queued) => void all.push(queued),
    oldest: (): Queued | undefined => all[first],
    takeOldest(): Queued | undefined {
      const taken = all[first];
      if (taken !== undefined) first += 1;
      if (first === all.length) {
        all = [];
        first = 0;
      } else if (first === COMPACT_AT) {
        all = all.slice(first);
        first = 0;
      }
      return taken;
    },
  };
}
