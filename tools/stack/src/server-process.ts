import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { commandLineShown } from './command-line-shown.ts';
import { processCommand } from './process-command.ts';
import { StackError } from './stack-error.ts';
import { waitUntil } from './wait-until.ts';

const LOG_BYTES_MAX = 16 * 1024 * 1024;
const LOG_TAIL_LINES = 12;

/** How to run one server as a process of its own, and how to know it again after we have died. */
export interface ServerSpec {
  name: string;
  command: string;
  args: string[];
  /** Its whole environment; ours by default. */
  environment?: NodeJS.ProcessEnv;
  runAs?: { uid: number; gid: number };
  pidFile: string;
  logFile: string;
  /** A text in its command line that no other server has: its data folder. */
  marker: string;
  /** What it was started with; a server found running with another one is stopped and started anew. */
  fingerprint: string;
}

export interface PidRecord {
  pid: number;
  marker: string;
  fingerprint: string;
}

/** How a process ended: its exit code, or the signal that ended it. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface SpawnedServer extends PidRecord {
  /** Resolves when it has ended, for whatever reason. */
  exited: Promise<Exit>;
  /** Keeps this process alive as long as that one lives. Otherwise a launcher ends and leaves its servers running. */
  hold(): void;
}

export interface StopOptions {
  signal?: NodeJS.Signals;
  graceMs: number;
}

/** Reads a pid file; undefined when there is none or it is not one of ours. */
export async function readPidRecord(pidFile: string): Promise<PidRecord | undefined> {
  try {
    const stored = JSON.parse(await readFile(pidFile, 'utf8')) as Partial<PidRecord>;
    const sound =
      Number.isInteger(stored.pid) &&
      (stored.pid ?? 0) > 1 &&
      typeof stored.marker === 'string' &&
      stored.marker.length > 0;
    return sound ? { pid: stored.pid!, marker: stored.marker!, fingerprint: stored.fingerprint ?? '' } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the process of a pid file still is the server that wrote it. Pids are used again by the system, so a live pid
 * proves nothing: its command line must carry the marker. A zombie has no command line and counts as gone.
 */
export function isThatServer(record: Pick<PidRecord, 'pid' | 'marker'>): boolean {
  return processCommand(record.pid)?.includes(record.marker) ?? false;
}

/** The server of this pid file, if it lives. */
export async function runningServer(pidFile: string): Promise<PidRecord | undefined> {
  const record = await readPidRecord(pidFile);
  return record && isThatServer(record) ? record : undefined;
}

async function openLog(logFile: string): Promise<number> {
  await mkdir(dirname(logFile), { recursive: true });
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_BYTES_MAX) await rename(logFile, `${logFile}.1`);
  return openSync(logFile, 'a');
}

/** Starts the server in a session of its own: a Ctrl-C in the terminal reaches us, and we stop the servers in order. */
export async function spawnServer(spec: ServerSpec): Promise<SpawnedServer> {
  const log = await openLog(spec.logFile);
  try {
    const child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: spec.environment ?? process.env,
      ...spec.runAs,
    });
    const exited = new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('spawn', () => resolve(child.pid!));
      child.once('error', (cause) =>
        reject(
          new StackError('SERVER_DIED', `${spec.name}: ${spec.command} cannot be run: ${cause.message}`, { cause }),
        ),
      );
    });
    await commandLineShown(pid, exited);
    child.unref();
    const record = { pid, marker: spec.marker, fingerprint: spec.fingerprint };
    await mkdir(dirname(spec.pidFile), { recursive: true });
    await writeFile(spec.pidFile, JSON.stringify(record));
    return { ...record, exited, hold: () => child.ref() };
  } finally {
    closeSync(log);
  }
}

/**
 * Waits until a server that was just spawned answers.
 *
 * @throws {StackError} SERVER_DIED or SERVER_NOT_READY, with the tail of its log
 */
export async function waitUntilReady(
  spec: ServerSpec,
  record: PidRecord,
  probe: () => Promise<void>,
  withinMs: number,
): Promise<void> {
  let last = 'it has not answered yet';
  const ready = await waitUntil(
    async () => {
      if (!isThatServer(record)) {
        throw new StackError(
          'SERVER_DIED',
          `${spec.name} (pid ${record.pid}) ended while starting. The end of ${spec.logFile}:\n${await logTail(spec.logFile)}`,
        );
      }
      try {
        await probe();
        return true;
      } catch (thrown) {
        last = thrown instanceof Error ? thrown.message : String(thrown);
        return false;
      }
    },
    { withinMs },
  );
  if (ready) return;
  throw new StackError(
    'SERVER_NOT_READY',
    `${spec.name} (pid ${record.pid}) was not ready within ${withinMs / 1000} s: ${last}. The end of ${spec.logFile}:\n${await logTail(spec.logFile)}`,
  );
}

/** The last lines of a log, indented for a message. */
export async function logTail(logFile: string, lines = LOG_TAIL_LINES): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  const last = text.trimEnd().split('\n').slice(-lines);
  return last.map((line) => `  ${line}`).join('\n');
}

/** Sends a signal to a server by its pid, if it still is that server. */
export function signalIfStill(record: PidRecord, signal: NodeJS.Signals): void {
  if (!isThatServer(record)) return;
  try {
    process.kill(record.pid, signal);
  } catch {
    // It ended between the look and the signal: that is what we wanted.
  }
}

/** Stops the server of a pid file by its pid: a polite signal, `graceMs` to obey, then SIGKILL. Nothing to stop is no error. */
export async function stopServer(pidFile: string, { signal = 'SIGTERM', graceMs }: StopOptions): Promise<void> {
  const record = await readPidRecord(pidFile);
  if (record && isThatServer(record)) {
    signalIfStill(record, signal);
    const gone = await waitUntil(() => !isThatServer(record), { withinMs: graceMs, pollMs: 20 });
    if (!gone) signalIfStill(record, 'SIGKILL');
    if (!gone) await waitUntil(() => !isThatServer(record), { withinMs: 2_000, pollMs: 20 });
  }
  await rm(pidFile, { force: true });
}
