import { execFile, type ChildProcess } from 'node:child_process';

const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;

export interface CommandResult {
  stdout: string;
  stderr: string;
}

/** A program that runs when this process ends would outlive it: a Ctrl-C during a download must leave nothing behind. */
const running = new Set<ChildProcess>();
let watching = false;
function endWithUs(child: ChildProcess): void {
  running.add(child);
  child.once('close', () => running.delete(child));
  if (watching) return;
  watching = true;
  process.on('exit', () => running.forEach((each) => each.kill('SIGKILL')));
}

/** Runs a program to its end. Rejects with the last lines of what it said when it fails, is missing, or takes longer than `timeoutMs`. */
export function runCommand(
  command: string,
  args: string[],
  { timeoutMs, ...account }: { timeoutMs: number; uid?: number; gid?: number },
): Promise<CommandResult> {
  const options = {
    timeout: timeoutMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: OUTPUT_BYTES_MAX,
    encoding: 'utf8' as const,
    cwd: '/',
    ...account,
  };
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr });
      const said = (stderr || stdout).trim().split('\n').slice(-3).join(' / ');
      const how = error.killed ? `took longer than ${timeoutMs / 1000} s` : said || error.message;
      reject(new Error(`${command}: ${how}`, { cause: error }));
    });
    endWithUs(child);
  });
}
