import type { EventLoop } from '../http/event-loop.ts';

/** A loop that a test turns by hand. */
export interface ManualEventLoop extends EventLoop {
  /** So much work is done. */
  work(ms: number): void;
  /** Ends the turn that is under way. @returns whether anybody had waited for it */
  turn(): boolean;
  /** The host is busy with others for so long. */
  stall(ms: number): void;
  /** Sleeps. */
  sleep(ms: number): void;
}

export function manualEventLoop(): ManualEventLoop {
  let nowMs = 0;
  let sleptMs = 0;
  let stalledMs = 0;
  let ends: (() => void)[] = [];
  return {
    now: () => nowMs,
    idleMs: () => sleptMs,
    workedMs: () => nowMs - sleptMs - stalledMs,
    atTurnEnd: (run) => void ends.push(run),
    work: (ms) => void (nowMs += ms),
    turn() {
      const due = ends;
      ends = [];
      for (const run of due) run();
      return due.length > 0;
    },
    stall(ms) {
      nowMs += ms;
      stalledMs += ms;
    },
    sleep(ms) {
      nowMs += ms;
      sleptMs += ms;
    },
  };
}
