/** A timer that has been set and not yet run. */
export interface Timer {
  cancel(): void;
}

/** The time, injected. Everything that waits (windows, linger, back-off, deadlines, drains, polls) waits on this, so that a test moves all of it by hand. */
export interface Clock {
  /** UTC milliseconds. */
  now(): number;
  /** Runs `run` once, after `delayMs` (0 or more). */
  after(delayMs: number, run: () => void): Timer;
}

/** The machine's clock. Its timers keep no process alive: a server does, or a test that awaits. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** @returns a promise that resolves after `delayMs` on the given clock */
export const delay = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => void clock.after(delayMs, resolve));

/** @returns true if `work` resolved within `limitMs`, false if it did not; a rejection passes through */
export async function settledWithin(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: Timer | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = clock.after(limitMs, () => resolve(false));
  });
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    timer?.cancel();
  }
}
