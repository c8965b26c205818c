import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const PS_TIMEOUT_MS = 2_000;
const KIB_PER_MB = 1024;

/** Resident memory of a process in MB (2^20 bytes); undefined when it is gone. */
export function residentMb(pid: number): number | undefined {
  try {
    const kib = process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
    return Number.isFinite(kib) ? kib / KIB_PER_MB : undefined;
  } catch {
    return undefined;
  }
}

const fromProc = (pid: number) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

const fromPs = (pid: number) =>
  Number.parseInt(
    execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8', timeout: PS_TIMEOUT_MS }),
    10,
  );
