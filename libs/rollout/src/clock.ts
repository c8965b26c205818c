/** The time, injected, so that tests move it; the shape that libs/service and libs/stream have. */
export interface Clock {
  /** UTC milliseconds. */
  now(): number;
  /** Runs `run` once, after `delayMs` (0 or more). */
  after(delayMs: number, run: () => void): { cancel(): void };
}
