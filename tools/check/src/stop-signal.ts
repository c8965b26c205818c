const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
const EXIT_ASKED = 130;
/** Taking a cluster down takes a few seconds; what has not stopped by then is found by the next run. */
const STOP_MAX_MS = 30_000;

/** Aborts at the first signal that means stop, or when the bootstrap that started us is gone. */
export function stopSignal(): AbortSignal {
  const abort = new AbortController();
  const ask = (why: string): void => {
    if (abort.signal.aborted) return;
    abort.abort(new Error(`asked to stop: ${why}`));
    setTimeout(() => process.exit(EXIT_ASKED), STOP_MAX_MS).unref();
  };
  for (const name of SIGNALS) process.on(name, () => ask(name));
  process.on('disconnect', () => ask('the process that started this one is gone'));
  return abort.signal;
}
