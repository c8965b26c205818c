import { fork, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const QUIET = ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'];

/** A process of ours, known by its pid, that talks to us. */
export interface Child<Message> {
  readonly pid: number;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  hasExited(): boolean;
  signal(name: NodeJS.Signals): void;
  tell(command: string | object): void;
  onMessage(listener: (message: Message) => void): void;
}

const running = new Set<ChildProcess>();

/** Ends every process that was started here and still runs, frozen ones too. */
export function killAllChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

/**
 * Starts a file of `src/members` with its options as JSON.
 *
 * @param logFile  takes what it prints: a crash shows there
 */
export async function startChild<Message>(file: string, options: unknown, logFile: string): Promise<Child<Message>> {
  const path = fileURLToPath(new URL(`../members/${file}`, import.meta.url));
  const log = openSync(logFile, 'a');
  const child = fork(path, [JSON.stringify(options)], { execArgv: QUIET, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  running.add(child);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', reject);
  });
  return {
    pid,
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    signal: (name) => void child.kill(name),
    tell: (command) => void (child.connected && child.send(command)),
    onMessage: (listener) => void child.on('message', (message) => listener(message as Message)),
  };
}
