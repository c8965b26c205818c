import { createInterface } from 'node:readline/promises';
import { CliError } from '../cli-error.ts';

/** The person or the script at the other end. */
export interface Terminal {
  /** A person can be asked: the input and the error output are a terminal. */
  readonly isInteractive: boolean;
  /** What is printed is read on a screen, not in a file or by another program. */
  readonly isScreen: boolean;
  /** Told to stop, by Ctrl-C or the system. */
  readonly stopped: AbortSignal;
  /** The result, on the output. */
  readonly print: (text: string) => void;
  /** What goes on, on the error output: the result stays clean. */
  readonly say: (text: string) => void;
  /** @returns what the person typed; empty if they ended the input */
  readonly ask: (question: string) => Promise<string>;
}

/** @returns the terminal of this process; the first Ctrl-C asks the command to stop, the second ends the process */
export function processTerminal(): Terminal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130);
      stopping.abort();
    });
  // `porchlight topics tail ... | head`: the reader has what it wanted.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    isInteractive: process.stdin.isTTY && process.stderr.isTTY,
    isScreen: process.stdout.isTTY,
    stopped: stopping.signal,
    print: (text) => void process.stdout.write(`${text}\n`),
    say: (text) => void process.stderr.write(`${text}\n`),
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question, { signal: stopping.signal });
      } catch {
        return '';
      } finally {
        lines.close();
      }
    },
  };
}

/**
 * Goes on only if somebody said so: `--yes`, or a person who types "yes".
 *
 * @throws {CliError} NEEDS_YES where nobody can be asked, NOT_CONFIRMED for any other answer
 */
export async function confirm(terminal: Terminal, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!terminal.isInteractive)
    throw new CliError(
      'NEEDS_YES',
      `nobody is there to ask "${what}"; nothing was changed: add --yes to do what is said above, or --dry-run to only see it`,
    );
  const answer = await terminal.ask(`${what} Type yes to go on: `);
  if (answer.trim().toLowerCase() !== 'yes')
    throw new CliError('NOT_CONFIRMED', 'the answer was not yes; nothing was changed');
}
