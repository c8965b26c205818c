import { performance } from 'node:perf_hooks';

/** The time of an event loop, as whoever guards it needs it; tests move their own. */
export interface EventLoop {
  /** Milliseconds that only go forward. */
  now(): number;
  /** Of them, how many the loop has slept because there was nothing to do. */
  idleMs(): number;
  /** Processor time that this thread was given, milliseconds: on a busy host far less than what has passed. Costs a system call. */
  workedMs(): number;
  /** Runs `run` once, when all that is ready in this turn has been handled. */
  atTurnEnd(run: () => void): void;
}

const MICROS_PER_MS = 1_000;

const workedMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / MICROS_PER_MS;
};

/** The loop that this process runs on. */
export const eventLoop: EventLoop = {
  now: () => performance.now(),
  idleMs: () => performance.eventLoopUtilization().idle,
  workedMs,
  atTurnEnd: (run) => void setImmediate(run),
};
