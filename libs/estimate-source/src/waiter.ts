import type { Estimate } from '@porchlight/contracts';
import type { SourceAnswer } from './port.ts';
import { SourceOverloaded, SourceUnavailable } from './source-errors.ts';

/** What waiting needs of a clock; that of `@porchlight/stream` is one. */
export interface WaitClock {
  after(delayMs: number, run: () => void): { cancel(): void };
  /** Runs it when this turn of the event loop has ended. */
  soon(run: () => void): void;
}

export const timerClock: WaitClock = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (run) => void setImmediate(run),
};

/** One caller of a batching source, from its call to its answer. Settles once; what comes later is ignored. */
export interface Waiter {
  readonly propertyIds: readonly string[];
  readonly timeoutMs: number;
  readonly answer: Promise<SourceAnswer>;
  isSettled(): boolean;
  /** Its call begins: from now on the call's own time-out counts, or an answer that is paid for would be thrown away. */
  begin(): void;
  /** Hands over this caller's part of a batch's answer. */
  succeed(answer: SourceAnswer): void;
  fail(error: unknown): void;
  /** Told when the caller leaves on its own: its time in the queue is over or its signal says so. */
  onLeave(listener: () => void): void;
  /** What follows this caller into its call. */
  readonly joined?: unknown;
}

export interface WaiterOptions {
  readonly propertyIds: readonly string[];
  readonly timeoutMs: number;
  /** How long it waits for its call to begin. */
  readonly queueMs: number;
  readonly signal: AbortSignal | undefined;
  readonly clock: WaitClock;
  readonly joined?: unknown;
}

export function createWaiter({ propertyIds, timeoutMs, queueMs, signal, clock, joined }: WaiterOptions): Waiter {
  const { promise, resolve, reject } = Promise.withResolvers<SourceAnswer>();
  let settled = false;
  let left: () => void = () => undefined;
  const settle = (how: () => void): void => {
    if (settled) return;
    settled = true;
    timeout.cancel();
    signal?.removeEventListener('abort', onAbort);
    how();
  };
  const leave = (error: Error): void => {
    settle(() => reject(error));
    left();
  };
  const onAbort = (): void => leave(new SourceUnavailable('the caller left', { kind: 'left' }));
  const timeout = clock.after(queueMs, () => leave(new SourceOverloaded(`no call began within ${queueMs} ms`)));
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    propertyIds,
    joined,
    timeoutMs,
    answer: promise,
    isSettled: () => settled,
    begin: () => timeout.cancel(),
    succeed: (answer) => settle(() => resolve(partOf(answer, propertyIds))),
    fail: (error) => settle(() => reject(error)),
    onLeave: (listener) => (left = listener),
  };
}

function partOf(answer: SourceAnswer, propertyIds: readonly string[]): SourceAnswer {
  const estimates = new Map<string, Estimate>();
  for (const id of propertyIds) {
    const estimate = answer.estimates.get(id);
    if (estimate !== undefined) estimates.set(id, estimate);
  }
  return { ...answer, estimates, missing: new Set(propertyIds.filter((id) => answer.missing.has(id))) };
}
