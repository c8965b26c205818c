import type { Clock } from '../clock.ts';

/** Time that stands until a test moves it. */
export function createManualClock(startAt = 1_700_000_000_000): Clock & {
  /** Moves on, running each timer at its time. */
  advance(ms: number): Promise<void>;
  /** How many timers wait. */
  waiting(): number;
} {
  let now = startAt;
  const timers = new Map<symbol, { at: number; run: () => void }>();
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const nextUntil = (until: number) =>
    [...timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
  return {
    now: () => now,
    after(delayMs, run) {
      const own = Symbol('timer');
      timers.set(own, { at: now + delayMs, run });
      return { cancel: () => void timers.delete(own) };
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let next = nextUntil(until); next !== undefined; next = nextUntil(until)) {
        const [own, { at, run }] = next;
        timers.delete(own);
        now = at;
        run();
        await settle();
      }
      now = until;
      await settle();
    },
    waiting: () => timers.size,
  };
}
