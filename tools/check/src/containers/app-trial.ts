import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Docker } from '@porchlight/images';
import { waitUntil } from '@porchlight/stack';
import { DidNotCome, NeverComes } from '../wait-for.ts';
import { lookFaults, LOOK_SCRIPT } from './look-inside.ts';
import { timed } from './timed.ts';

const READY_MS = 60_000;
/** Finer than what is measured. */
const POLL_MS = 10;
const CALL_MS = 1_000;
const STOP_S = 20;
const STOP_MS = 60_000;
const SAID_LINES = 8;
/** Nobody's. */
const WRONG_PORT = '1';

/** One app with what it is started on. */
export interface Trial {
  readonly image: string;
  /** The files of the image, for the bare process. */
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly metricsPort: number;
  readonly signal: AbortSignal;
}

export interface Started {
  readonly readySeconds: number;
  /** Asks it to stop. @returns what was wrong with how it ended */
  stop(): Promise<string[]>;
}

const isReady = async (port: number): Promise<boolean> => {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(CALL_MS) });
  await answer.body?.cancel();
  return answer.status === 200;
};

/** @param hasEnded  says so as soon as it cannot become ready any more */
async function untilReady({ image, metricsPort, signal }: Trial, hasEnded: () => string | undefined): Promise<void> {
  const ask = async (): Promise<boolean> => {
    signal.throwIfAborted();
    const end = hasEnded();
    if (end !== undefined) throw new NeverComes(`${image} ended before it was ready: ${end}`);
    return isReady(metricsPort).catch(() => false);
  };
  const came = await waitUntil(ask, { withinMs: READY_MS, pollMs: POLL_MS });
  if (!came) throw new DidNotCome(`${image} is ready`, READY_MS);
}

/** The same files without a container, by the Node that runs this check: what a start costs without one. */
export async function startBare(trial: Trial): Promise<Started> {
  const state = await mkdtemp(join(tmpdir(), 'porchlight-state-'));
  const environment = { ...trial.settings, STATE_DIR: state, NODE_ENV: 'production', PATH: process.env.PATH };
  let [said, end] = ['', undefined as string | undefined];
  const start = async () => {
    const child = spawn(process.execPath, [join(trial.folder, 'main.js')], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-4_000)));
    const ended = new Promise<string>((resolve) => child.on('exit', (code, by) => resolve(String(by ?? code))));
    void ended.then((how) => (end = `${how}\n${said}`));
    try {
      await untilReady(trial, () => end);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return { child, ended };
  };
  const { seconds, result } = await timed(start);
  return {
    readySeconds: seconds,
    async stop() {
      result.child.kill('SIGTERM');
      const how = await result.ended;
      await rm(state, { recursive: true, force: true });
      return how === '0' ? [] : [`ended with ${how} at SIGTERM`];
    },
  };
}

export interface StartedContainer extends Started {
  /** What is wrong with it while it runs. */
  look(): Promise<string[]>;
}

const hardening = [
  ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--network', 'host'],
  ...['--tmpfs', '/tmp', '--tmpfs', '/state:uid=1000,gid=1000'],
];

/** As production starts it: nobody's rights, a root that cannot be written. On the network of this machine, for its servers. */
export async function startContained(docker: Docker, trial: Trial): Promise<StartedContainer> {
  const given = Object.entries(trial.settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const id = (await docker.run(['create', ...hardening, ...given, trial.image])).trim();
  const remove = () => docker.run(['rm', '--force', '--volumes', id]);
  const { seconds } = await timed(async () => {
    await docker.run(['start', id]);
    await untilReady(trial, () => undefined);
  }).catch(async (error: unknown) => {
    const said = await docker.run(['logs', '--tail', String(SAID_LINES), id]).catch(String);
    await remove();
    throw new Error(`${trial.image}: ${String(error)}\n${said}`, { cause: error });
  });
  const exec = (...args: string[]) => docker.run(['exec', ...args]);
  const isHealthy = (...flags: string[]) =>
    exec(...flags, id, 'node', '/app/health.js').then(
      () => true,
      () => false,
    );
  return {
    readySeconds: seconds,
    async look() {
      const faults = lookFaults(await exec(id, 'node', '--eval', LOOK_SCRIPT));
      if (!(await isHealthy())) faults.push('its health check fails while it is ready');
      if (await isHealthy('--env', `METRICS_PORT=${WRONG_PORT}`)) faults.push('its health check cannot fail');
      return faults;
    },
    async stop() {
      await docker.run(['stop', '--time', String(STOP_S), id], { timeoutMs: STOP_MS });
      const code = (await docker.run(['inspect', '--format', '{{.State.ExitCode}}', id])).trim();
      const said = code === '0' ? '' : await docker.run(['logs', '--tail', String(SAID_LINES), id]);
      await remove();
      return code === '0' ? [] : [`ended with ${code} at SIGTERM: ${said}`];
    },
  };
}
