import type { Clock } from '@porchlight/stream';

/** Work that answers wait for up to their deadline, and that goes on after it. */
export interface Ongoing {
  /** Waits for the work or the deadline, whichever comes first. Never rejects: what fails is told to `onUnplanned`. */
  readonly waitFor: (work: Promise<void>, deadlineAt: number) => Promise<void>;
  /** Resolves when no work is going on. */
  readonly settled: () => Promise<void>;
}

export function createOngoing(clock: Clock, onUnplanned: (error: unknown) => void): Ongoing {
  const atWork = new Set<Promise<void>>();
  return {
    async waitFor(work, deadlineAt) {
      const tracked = work.catch(onUnplanned).finally(() => atWork.delete(tracked));
      atWork.add(tracked);
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = clock.after(Math.max(0, deadlineAt - clock.now()), resolve);
      await Promise.race([tracked, late]);
      timer.cancel();
    },
    async settled() {
      while (atWork.size > 0) await Promise.all(atWork);
    },
  };
}
