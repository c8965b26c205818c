import type { Clock } from '@porchlight/stream';
import { untilDeadline } from './until-deadline.ts';

/** Work that answers wait for up to their deadline, and that goes on after it. */
export interface Ongoing {
  /** Takes note of work that nobody waits for but `settled`. What fails is told to `onUnplanned`. */
  readonly track: (work: Promise<void>) => void;
  /**
   * Waits for the work, the deadline or the leaving, whichever comes first. Never rejects: what fails is told to `onUnplanned`.
   *
   * @returns whether the work came first
   */
  readonly waitFor: (work: Promise<void>, deadlineAt: number, left?: Promise<undefined>) => Promise<boolean>;
  /** Resolves when no work is going on. */
  readonly settled: () => Promise<void>;
}

export function createOngoing(clock: Clock, onUnplanned: (error: unknown) => void): Ongoing {
  const atWork = new Set<Promise<void>>();
  const track = (work: Promise<void>): Promise<void> => {
    const tracked = work.catch(onUnplanned).finally(() => atWork.delete(tracked));
    atWork.add(tracked);
    return tracked;
  };
  return {
    track: (work) => void track(work),
    async waitFor(work, deadlineAt, left) {
      const ended = track(work).then(() => true);
      return (await untilDeadline(ended, deadlineAt, clock, left)) ?? false;
    },
    async settled() {
      while (atWork.size > 0) await Promise.all(atWork);
    },
  };
}
