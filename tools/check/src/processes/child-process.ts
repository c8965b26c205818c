import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const QUIET = ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'];
/** Of this process: libraries that print must not meet the check's own last line. */
const STDERR = 2;

export interface ChildOptions {
  /** For errors. */
  readonly name: string;
  /** What it runs. */
  readonly file: URL;
  /** Its first argument, as JSON. */
  readonly options: unknown;
  /** Takes what it prints: a crash shows there. Default: this process' standard error. */
  readonly logFile?: string;
}

/** How a process ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of ours, known by its pid, that talks to us. */
export interface Child<Message> {
  readonly pid: number;
  readonly exited: Promise<ChildEnd>;
  hasExited(): boolean;
  signal(name: NodeJS.Signals): void;
  tell(command: string | object): void;
  /** @returns ends the listening */
  onMessage(listener: (message: Message) => void): () => void;
  /** Resolves with the next message like this, from now on; rejects when the process ends before it. */
  next<M extends Message>(isWanted: (message: Message) => message is M): Promise<M>;
  next(isWanted: (message: Message) => boolean): Promise<Message>;
}

const running = new Set<ChildProcess>();

/** Ends every process that was started here and still runs, frozen ones too. */
export function killAllChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts a process of Node's; it has not run yet when this resolves. @throws if it cannot be started */
export async function startChild<Message>(options: ChildOptions): Promise<Child<Message>> {
  const child = forkOf(options);
  running.add(child);
  const exited = new Promise<ChildEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', reject);
  });
  const onMessage = (listener: (message: Message) => void): (() => void) => {
    const listen = (message: unknown): void => listener(message as Message);
    child.on('message', listen);
    return () => void child.off('message', listen);
  };
  return {
    pid,
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    signal: (name) => void child.kill(name),
    tell: (command) => void (child.connected && child.send(command)),
    onMessage,
    next: <M extends Message>(isWanted: (message: Message) => boolean): Promise<M> =>
      new Promise((resolve, reject) => {
        const off = onMessage((message) => {
          if (!isWanted(message)) return;
          off();
          resolve(message as M);
        });
        void exited.then(({ code, signal }) => reject(new Error(`${options.name} ended with ${code ?? signal}`)));
      }),
  };
}

function forkOf({ file, options, logFile }: ChildOptions): ChildProcess {
  const log = logFile === undefined ? STDERR : openSync(logFile, 'a');
  try {
    return fork(fileURLToPath(file), [JSON.stringify(options)], {
      execArgv: QUIET,
      stdio: ['ignore', log, log, 'ipc'],
    });
  } finally {
    if (log !== STDERR) closeSync(log);
  }
}
