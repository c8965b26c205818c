import type { Terminal } from '../terminal/terminal.ts';

/** A terminal that gives the answers it was given, and keeps what it was told. */
export interface ScriptedTerminal extends Terminal {
  readonly printed: string[];
  readonly said: string[];
  readonly asked: string[];
}

/** @param answers what the person types, in order; undefined: nobody is there */
export function scriptedTerminal(answers?: readonly string[], { isScreen = false } = {}): ScriptedTerminal {
  const [printed, said, asked]: [string[], string[], string[]] = [[], [], []];
  return {
    isInteractive: answers !== undefined,
    isScreen,
    stopped: new AbortController().signal,
    printed,
    said,
    asked,
    print: (text) => void printed.push(text),
    say: (text) => void said.push(text),
    ask: async (question) => answers?.[asked.push(question) - 1] ?? '',
  };
}

export const silentTerminal: Terminal = scriptedTerminal();
