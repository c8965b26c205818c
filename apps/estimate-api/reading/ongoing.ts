import type { Clock } from '@porchlight/stream';
import { untilDeadline } from './until-deadline.ts';

/** Work that answers wait for up to their deadline, and that goes on after it. */
export interface Ongoing {
  /** Takes note of work that nobody waits for but `settled`. What fails is told to `onUnplanned`. */
  readonly track: (work: Promise<void>) => void;
  /** Waits for the work or the deadline, whichever comes first. Never rejects: what fails is told to `onUnplanned`. */
  readonly waitFor: (work: Promise<void>, deadlineAt: number) => Promise<void>;
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
    waitFor: (work, deadlineAt) => untilDeadline(track(work), deadlineAt, clock),
    async settled() {
      while (atWork.size > 0) await Promise.all(atWork);
    },
  };
}
