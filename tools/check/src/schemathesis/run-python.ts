import { spawn } from 'node:child_process';

export interface PythonResult {
  /** Null if it was ended by a signal. */
  readonly code: number | null;
  readonly output: string;
}

export interface PythonOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs python3 to its end, its output in one text. @throws if there is none, if it takes longer, or if the run was asked to stop */
export function runPython(args: readonly string[], options: PythonOptions): Promise<PythonResult> {
  const { timeoutMs, signal, cwd, environment = {} } = options;
  return new Promise((resolve, reject) => {
    const child = spawn('python3', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      killSignal: 'SIGKILL',
      ...(cwd !== undefined && { cwd }),
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }));
  });
}
