import type { Clock } from '../clock.ts';

/** A clock that the test moves. */
export interface ManualClock extends Clock {
  /** Runs what is due, in order, and what that sets meanwhile; lets what waits go on in between. */
  move(byMs: number): Promise<void>;
  /** Timers that are set. */
  timers(): number;
}

const TURNS = 20;

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
}

export function manualClock(): ManualClock {
  let now = 1_700_000_000_000;
  const timers = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    after(delayMs, run) {
      const timer = { at: now + delayMs, run };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    timers: () => timers.size,
    async move(byMs) {
      const end = now + byMs;
      for (;;) {
        await settle();
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  };
}
