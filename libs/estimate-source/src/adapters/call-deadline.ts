/** When a call is given up. */
export interface CallDeadline {
  readonly signal: AbortSignal;
  cancel(): void;
}

/**
 * A time-out that lets an answer go first which has come already. A process that stood still for a while looks at its timers before
 * it reads its sockets: without this it would throw away what is paid for, because it was busy itself.
 */
export function callDeadline(timeoutMs: number): CallDeadline {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    // Sockets are read between the first and the second; what was read is understood before the second.
    setImmediate(() => setImmediate(() => controller.abort()));
  }, timeoutMs);
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}
