import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const PS_TIMEOUT_MS = 2_000;

/** The whole command line of a live process, its arguments joined by spaces; undefined when there is no such process (or only its zombie). */
export function processCommand(pid: number): string | undefined {
  const found = process.platform === 'linux' ? commandFromProc(pid) : commandFromPs(pid);
  return found?.trim() || undefined;
}

function commandFromProc(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return undefined;
  }
}

function commandFromPs(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      timeout: PS_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}
