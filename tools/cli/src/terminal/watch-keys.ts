import type { Terminal } from './terminal.ts';

/** Ctrl-C comes as a key while keys are read one by one, and no longer as a signal. */
const QUIT_KEYS = ['q', 'Q', '\u0003'];

/**
 * @param terminal keys are read only where a person looks on
 * @returns aborted when somebody presses q or Ctrl-C, or the process is told to stop; `close` gives the keyboard back
 */
export function quitByKey(
  terminal: Pick<Terminal, 'isInteractive' | 'isScreen' | 'stopped'>,
  input: Pick<NodeJS.ReadStream, 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'> = process.stdin,
): { readonly quit: AbortSignal; readonly close: () => void } {
  const pressed = new AbortController();
  const quit = AbortSignal.any([pressed.signal, terminal.stopped]);
  if (!terminal.isInteractive || !terminal.isScreen) return { quit, close: () => undefined };
  const onData = (typed: Buffer | string): void => {
    if (QUIT_KEYS.some((key) => String(typed).includes(key))) pressed.abort();
  };
  input.setRawMode(true);
  input.resume();
  input.on('data', onData);
  return {
    quit,
    close() {
      input.off('data', onData);
      input.setRawMode(false);
      input.pause();
    },
  };
}
