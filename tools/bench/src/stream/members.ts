import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { MemberOptions, MemberReport, Said } from './arm.ts';

/** A running member process. */
export interface Member {
  readonly pid: number;
  /** All of its records are processed, their outputs acknowledged. */
  readonly done: Promise<MemberReport>;
  report(): Promise<MemberReport>;
  /** Drops the latencies seen so far: the first records pay for connections and for code that is not compiled yet. */
  forget(): void;
  stop(): Promise<void>;
  /** As a crash does. */
  kill(): void;
}

const STOP_MS_MAX = 30_000;

/** Spawns one member and resolves when it has joined its group. */
export async function startMember(options: MemberOptions): Promise<Member> {
  const child = fork(fileURLToPath(new URL('member.ts', import.meta.url)), [JSON.stringify(options)], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<never>((_, reject) =>
    child.once('exit', (code, signal) => reject(new Error(`the ${options.arm} member ended: ${signal ?? code}`))),
  );
  ended.catch(() => undefined);
  const next = <T extends Said>(said: T['said']): Promise<T> =>
    Promise.race([ended, new Promise<T>((resolve) => listen<T>(child, said, resolve))]);
  const done = next<Extract<Said, { report: MemberReport }>>('done').then(({ report }) => report);
  done.catch(() => undefined);
  await next('ready');
  return {
    pid: child.pid ?? 0,
    done,
    async report() {
      const answer = next<Extract<Said, { report: MemberReport }>>('report');
      child.send('report');
      return (await answer).report;
    },
    forget: () => void child.send('forget'),
    stop: () => stop(child),
    kill: () => void child.kill('SIGKILL'),
  };
}

function listen<T extends Said>(child: ChildProcess, said: T['said'], resolve: (message: T) => void): void {
  const onMessage = (message: Said): void => {
    if (message.said !== said) return;
    child.off('message', onMessage);
    resolve(message as T);
  };
  child.on('message', onMessage);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  child.send('stop');
  await exited;
  clearTimeout(timer);
}
