/** Stopping everything takes a few seconds; what has not stopped by then is left to the next run, which finds it. */
const STOP_MAX_MS = 25_000;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
/** As a shell gives it: 128 and the number of the signal. */
const EXIT_SIGNALLED = 128;

/** Why a run ends before its end. */
export class AskedToStop extends Error {
  readonly exitCode: number;
  constructor(why: string, exitCode: number) {
    super(`asked to stop: ${why}`);
    this.name = 'AskedToStop';
    this.exitCode = exitCode;
  }
}

/** The part of `process` that tells of it; tests pass their own. */
export interface StopSource {
  on(event: string, listener: () => void): unknown;
  exit(code: number): unknown;
}

/**
 * Aborts with AskedToStop at the first signal that means stop, or when the bootstrap that started us is gone. Further ones
 * do no harm. What then takes longer than STOP_MAX_MS is cut off.
 */
export function askedToStop(host: StopSource = process): AbortSignal {
  const abort = new AbortController();
  const ask = (why: string, exitCode: number) => {
    if (abort.signal.aborted) return;
    abort.abort(new AskedToStop(why, exitCode));
    setTimeout(() => host.exit(exitCode), STOP_MAX_MS).unref();
  };
  for (const [name, number] of Object.entries(SIGNALS)) host.on(name, () => ask(name, EXIT_SIGNALLED + number));
  host.on('disconnect', () => ask('the process that started this one is gone', EXIT_SIGNALLED + SIGNALS.SIGHUP));
  return abort.signal;
}
