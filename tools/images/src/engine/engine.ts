import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { logTail, runningServer, spawnServer, stopServer, waitUntil, type ServerSpec } from '@porchlight/stack';
import { repository } from '../image-apps.ts';
import { ImageError } from '../image-error.ts';
import { runProgram } from './run-program.ts';

/** What Debian's docker.io brings. The client has BuildKit inside; a newer one on PATH would want a plugin for it. */
const DOCKERD = '/usr/sbin/dockerd';
const CLIENT = '/usr/bin/docker';

const UP_MS = 60_000;
const DOWN_MS = 60_000;
const ASK_MS = 20_000;

/** An engine of our own: everything that it writes is below one folder, and a pid file knows it again. */
export interface Engine {
  readonly dockerHost: string;
  readonly client: string;
}

const folder = join(repository, '.porchlight', 'engine');
const socket = join(folder, 'docker.sock');
const configFile = join(folder, 'daemon.json');
const dockerHost = `unix://${socket}`;

const config = {
  'data-root': join(folder, 'data'),
  'exec-root': join(folder, 'exec'),
  pidfile: join(folder, 'dockerd.own.pid'),
  hosts: [dockerHost],
  'storage-driver': 'overlay2',
  // There is no systemd to ask.
  'exec-opts': ['native.cgroupdriver=cgroupfs'],
  'log-driver': 'json-file',
  'log-opts': { 'max-size': '10m', 'max-file': '2' },
  features: { buildkit: true },
};

const spec: ServerSpec = {
  name: 'the container engine',
  command: DOCKERD,
  args: ['--config-file', configFile],
  pidFile: join(folder, 'engine.pid'),
  logFile: join(folder, 'engine.log'),
  marker: configFile,
  fingerprint: '1',
};

const answers = (): Promise<boolean> =>
  runProgram(CLIENT, ['--host', dockerHost, 'version'], { timeoutMs: ASK_MS }).then(
    () => true,
    () => false,
  );

/** Whether it runs already, and answers. */
export const engineIsUp = async (): Promise<boolean> =>
  (await runningServer(spec.pidFile)) !== undefined && (await answers());

/**
 * Starts the engine, or finds it running. For machines where no container registry is reached and nobody else's engine
 * runs, such as CI's; needs root and the package docker.io.
 *
 * @throws {ImageError} ENGINE_NOT_UP with what is missing or the end of its log
 */
export async function engineUp(): Promise<Engine> {
  const missing = [DOCKERD, CLIENT].filter((program) => !existsSync(program));
  if (missing.length > 0)
    throw new ImageError('ENGINE_NOT_UP', `there is no ${missing.join(' and no ')}: apt-get install docker.io`);
  const engine = { dockerHost, client: CLIENT };
  if (await engineIsUp()) return engine;
  await mkdir(folder, { recursive: true });
  await writeFile(configFile, JSON.stringify(config, null, 2));
  // Left by an engine that was killed; a new one refuses to start beside them.
  for (const left of [socket, config.pidfile, join(config['exec-root'], 'containerd', 'containerd.pid')])
    await rm(left, { force: true });
  await spawnServer(spec);
  const isUp = await waitUntil(answers, { withinMs: UP_MS, pollMs: 200 });
  if (!isUp)
    throw new ImageError(
      'ENGINE_NOT_UP',
      `no engine answers. The end of ${spec.logFile}:\n${await logTail(spec.logFile)}`,
    );
  return engine;
}

/** An engine sets the policy of forwarding to DROP and leaves it so: other networks of the machine would lose their way. */
const restoreForwarding = (): Promise<unknown> =>
  runProgram('iptables', ['-P', 'FORWARD', 'ACCEPT'], { timeoutMs: ASK_MS }).catch(() => undefined);

async function unmountBelow(path: string): Promise<void> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((each) => each.startsWith(`${path}/`)).reverse())
    await runProgram('umount', [mount], { timeoutMs: ASK_MS }).catch(() => undefined);
}

/**
 * Stops the engine with its containers. Nothing to stop is no error.
 *
 * @param purge  throw its images and volumes away too
 */
export async function engineDown({ purge = false }: { purge?: boolean } = {}): Promise<void> {
  if (await engineIsUp()) {
    const ids = (await runProgram(CLIENT, ['--host', dockerHost, 'ps', '-q'], { timeoutMs: ASK_MS })).split('\n');
    const running = ids.filter((id) => id !== '');
    if (running.length > 0)
      await runProgram(CLIENT, ['--host', dockerHost, 'rm', '-f', '-v', ...running], { timeoutMs: DOWN_MS });
  }
  await stopServer(spec.pidFile, { graceMs: DOWN_MS });
  await restoreForwarding();
  if (!purge) return;
  await unmountBelow(folder);
  await rm(folder, { recursive: true, force: true });
}
