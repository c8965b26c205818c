import type { Logger } from '@porchlight/telemetry';
import type { Clock } from '@porchlight/clock';
import { ServiceError } from './service-error.ts';

/** The process was asked to stop while it waited: not a failure. */
export class ServiceStopping extends ServiceError {
  readonly code = 'SERVICE_STOPPING';
  readonly fate = 'crash';
  constructor(dependency: string) {
    super(`asked to stop while waiting for ${dependency}`);
  }
}

/** One try took too long. */
export class DependencySilent extends ServiceError {
  readonly code = 'DEPENDENCY_SILENT';
  readonly fate = 'retry';
  constructor(tryTimeoutMs: number) {
    super(`no answer in ${tryTimeoutMs} ms`);
  }
}

/**
 * Waits until a dependency answers, for ever: the process stays alive, not ready, and says for whom it waits.
 * A line is logged when it begins to wait, then at most every 30 s, and one when the dependency is there.
 *
 * @param dependency who, with its address, as `Redis at 127.0.0.1:6379` (`addressOf(url)` leaves out secrets)
 * @param forWhat    what it is needed for, as `the estimate cache`
 * @param probe      one try; what it returns is the answer
 * @throws {ServiceStopping} when the process is asked to stop; and whatever the probe throws with fate `crash`
 */
export type WaitFor = <T>(dependency: string, forWhat: string, probe: Probe<T>) => Promise<T>;

/** One try. The signal says that nobody waits for it any more. */
export type Probe<T> = (signal: AbortSignal) => Promise<T> | T;

export interface WaitForOptions {
  readonly app: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  readonly firstPauseMs?: number;
  readonly pauseMsMax?: number;
  readonly tryTimeoutMs?: number;
  readonly quietMs?: number;
  /** 0..1; spreads the tries of many processes */
  readonly random?: () => number;
}

const FIRST_PAUSE_MS = 100;
const PAUSE_MS_MAX = 5_000;
const TRY_TIMEOUT_MS = 10_000;
const QUIET_MS = 30_000;

/** @returns how long to pause after a failed try, counted from 0: doubles up to the limit, times 0.5..1 */
export function pauseMsAfter(
  failedTry: number,
  limits: { firstPauseMs: number; pauseMsMax: number },
  random: number,
): number {
  return Math.min(limits.pauseMsMax, limits.firstPauseMs * 2 ** Math.min(failedTry, 20)) * (0.5 + random / 2);
}

interface Limits {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly dependency: string;
}

/**
 * Settles with the work, or when the time is over, or when the process is asked to stop: whatever comes first.
 *
 * @param late what happens when the time is over
 */
function settleWithin<T>(work: Promise<T>, limitMs: number, late: () => Promise<T>, limits: Limits): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stopped = () => finish(Promise.reject(new ServiceStopping(limits.dependency)));
    const timer = limits.clock.after(limitMs, () => finish(late()));
    const finish = (outcome: Promise<T>) => {
      timer.cancel();
      limits.signal.removeEventListener('abort', stopped);
      outcome.then(resolve, reject);
    };
    if (limits.signal.aborted) return stopped();
    limits.signal.addEventListener('abort', stopped);
    work.then(
      () => finish(work),
      () => finish(work),
    );
  });
}

async function tryOnce<T>(probe: Probe<T>, tryTimeoutMs: number, limits: Limits): Promise<T> {
  const end = new AbortController();
  const silent = () => Promise.reject(new DependencySilent(tryTimeoutMs));
  try {
    return await settleWithin(Promise.resolve(end.signal).then(probe), tryTimeoutMs, silent, limits);
  } finally {
    // What the probe still holds after its time, it should let go.
    end.abort();
  }
}

const pause = (pauseMs: number, limits: Limits): Promise<void> =>
  settleWithin(new Promise<void>(() => undefined), pauseMs, () => Promise.resolve(), limits);

const fateOf = (error: unknown): unknown => (error instanceof Error && 'fate' in error ? error.fate : undefined);
/** The reason behind a wrapped connection error is in its causes or parts. */
const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : 'unknown';
};

/** Says for whom the process waits, not more often than every `quietMs`. */
function createWaitLog(options: WaitForOptions, dependency: string, forWhat: string) {
  const { app, log, clock } = options;
  let since: number | undefined;
  let saidAt = 0;
  return {
    failed(error: unknown) {
      const now = clock.now();
      if (since !== undefined && now - saidAt < (options.quietMs ?? QUIET_MS)) return;
      const waitedMs = now - (since ?? now);
      since ??= now;
      saidAt = now;
      log.warn(
        { dependency, forWhat, waitedMs, error },
        `${app} waits for ${dependency} (${forWhat}): ${reasonOf(error)}`,
      );
    },
    found() {
      if (since === undefined) return;
      const waitedMs = clock.now() - since;
      log.info({ dependency, forWhat, waitedMs }, `${app} reached ${dependency} (${forWhat}) after ${waitedMs} ms`);
    },
  };
}

/** @returns `waitFor`, and what is being waited for now, in words */
export function createWaitFor(options: WaitForOptions): { waitFor: WaitFor; waitingFor: () => readonly string[] } {
  const { signal, firstPauseMs = FIRST_PAUSE_MS, pauseMsMax = PAUSE_MS_MAX, tryTimeoutMs = TRY_TIMEOUT_MS } = options;
  const random = options.random ?? Math.random;
  const waiting = new Map<symbol, string>();
  const waitFor: WaitFor = async (dependency, forWhat, probe) => {
    const limits = { clock: options.clock, signal, dependency };
    const say = createWaitLog(options, dependency, forWhat);
    const own = Symbol(dependency);
    waiting.set(own, `${dependency} (${forWhat})`);
    try {
      for (let failed = 0; ; failed += 1) {
        try {
          const answer = await tryOnce(probe, tryTimeoutMs, limits);
          say.found();
          return answer;
        } catch (error) {
          if (error instanceof ServiceStopping || fateOf(error) === 'crash') throw error;
          say.failed(error);
        }
        await pause(pauseMsAfter(failed, { firstPauseMs, pauseMsMax }, random()), limits);
      }
    } finally {
      waiting.delete(own);
    }
  };
  return { waitFor, waitingFor: () => [...waiting.values()] };
}
