import { spawn, type ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import { repository } from './repository.ts';

/** What a script gets to end after the signal; then its whole process group is killed. */
const STOP_GRACE_MS = 3_000;
const EXIT_KILLED = 1;

export interface ScriptInput {
  /** The whole environment of the script. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly onOutput: (text: string) => void;
  /** Aborted when the run is asked to stop. */
  readonly signal: AbortSignal;
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    // Negative: the group that this child leads, so that the workers of a test runner end with it.
    process.kill(-pid, signal);
  } catch {
    // It ended between the look and the signal: that is what we wanted.
  }
}

/**
 * Runs a script in the repository under this Node, as the leader of a process group of its own. When the run is asked to
 * stop, the group gets SIGTERM, and SIGKILL when its leader has ended or not obeyed in time.
 *
 * @returns its exit code, 1 where a signal ended it; its output goes to `onOutput`, which is told of that signal too
 * @throws the reason of `signal` if it was asked to stop, after everything in the group has been ended
 */
export async function runScript(script: string, args: readonly string[], input: ScriptInput): Promise<number> {
  const { environment, onOutput, signal } = input;
  signal.throwIfAborted();
  const child = spawn(process.execPath, [script, ...args], {
    cwd: repository,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.setEncoding('utf8').on('data', onOutput);
  child.stderr.setEncoding('utf8').on('data', onOutput);
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    signalGroup(child, 'SIGTERM');
    timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_GRACE_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  // Its workers outlive a leader that obeyed at once.
  child.once('exit', () => {
    if (signal.aborted) signalGroup(child, 'SIGKILL');
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (found, endedBy) => {
        if (endedBy !== null && !signal.aborted) onOutput(`${basename(script)} was ended by ${endedBy}\n`);
        resolve(found ?? EXIT_KILLED);
      });
    });
    signal.throwIfAborted();
    return code;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
