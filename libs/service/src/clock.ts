/** A timer that has been set and not yet run. */
export interface Timer {
  cancel(): void;
}

/** The time, injected, so that tests move it. The stream runtime takes the same shape. */
export interface Clock {
  /** UTC milliseconds. */
  now(): number;
  /** Runs `run` once, after `delayMs` (0 or more). */
  after(delayMs: number, run: () => void): Timer;
}

/** The machine's clock. Its timers keep no process alive: the operations server does. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
