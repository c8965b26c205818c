import { spawn } from 'node:child_process';
import { ImageError } from '../image-error.ts';

const SAID_BYTES_MAX = 64 * 1024;
const LINES_IN_MESSAGE = 15;

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** Each line as it is said, on either stream. */
  readonly onLine?: (line: string) => void;
  /** Bytes for its standard input. */
  readonly input?: NodeJS.ReadableStream;
  readonly signal?: AbortSignal;
}

/**
 * Runs a program to its end.
 *
 * @returns what it printed on standard output, the last 64 KiB of it
 * @throws {ImageError} COMMAND_FAILED with the end of what it said
 */
export function runProgram(command: string, args: readonly string[], options: ProgramOptions): Promise<string> {
  const { environment = {}, timeoutMs, cwd, onLine, input, signal } = options;
  // Not spawn's own timeout: its timer holds a process up when there was no such program.
  const halt = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      signal: halt,
      ...(cwd === undefined ? {} : { cwd }),
    });
    let [printed, said, rest] = ['', '', ''];
    const hear = (text: string): void => {
      said = (said + text).slice(-SAID_BYTES_MAX);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (onLine) lines.forEach(onLine);
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-SAID_BYTES_MAX);
      hear(text);
    });
    child.stderr?.setEncoding('utf8').on('data', hear);
    if (input && child.stdin) {
      input.pipe(child.stdin);
      // It may end before it has read everything; its exit code says why.
      child.stdin.on('error', () => undefined);
    }
    const name = [command, ...args.slice(0, 3)].join(' ');
    child.on('error', (cause) => {
      const why = halt.aborted ? String(halt.reason) : cause.message;
      reject(new ImageError('COMMAND_FAILED', `${name}: ${why}`, { cause }));
    });
    child.on('close', (code, ended) => {
      if (code === 0) return resolve(printed);
      const tail = said.trimEnd().split('\n').slice(-LINES_IN_MESSAGE).join('\n');
      reject(new ImageError('COMMAND_FAILED', `${name} ended with ${ended ?? `code ${code}`}:\n${tail}`));
    });
  });
}
