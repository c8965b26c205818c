/** More wait at a gate than may. */
export class GateFull extends Error {
  readonly code = 'GATE_FULL';
  readonly fate = 'retry';
  override readonly name = 'GateFull';
}

/**
 * Lets at most `atOnceMax` pieces of work run at once, in the order of their arrival.
 *
 * @throws {GateFull} at once, if `waitingMax` wait already
 */
export function createGate({ atOnceMax, waitingMax }: { atOnceMax: number; waitingMax: number }) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnceMax) {
      if (waiting.length >= waitingMax) throw new GateFull(`${waitingMax} wait already`);
      await new Promise<void>((resolve) => waiting.push(resolve)); // whoever leaves hands its place over
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
