import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageApps, type Docker } from '@porchlight/images';
import { freePorts, startStack, stopStack, type Stack } from '@porchlight/stack';
import type { Say } from '../check.ts';
import { startBare, startContained, type Trial } from './app-trial.ts';
import { partsFaults } from './parts-faults.ts';
import { timed } from './timed.ts';

const STACK_INSTANCE = 'containers-check';
const JOB_MS = 120_000;
/** Each is started that often, bare and contained by turns; the best of each counts, for others use this machine too. */
const ROUNDS = 2;
const FIRST_PORT = 28_100;
const API_KEY = 'upstream-key-of-the-containers-check';
const GIVEN = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL', 'DATABASE_URL', 'PORCHLIGHT_CONTAINERS'];
const START_TO_READY_S_MAX = 2;
/** A container that is late on a machine where the bare process is as late is not what is slow. */
const OVER_BARE_MAX = 1.5;

export interface AppFigures {
  readonly app: string;
  readonly readySeconds: number;
  readonly bareReadySeconds: number;
  readonly parts: number;
  /** What is wrong with it; none for one that may go into production. */
  readonly faults: readonly string[];
}

export interface AppsFigures {
  /** Where tools/stack found its four servers. */
  readonly stackSources: readonly string[];
  readonly stackSeconds: number;
  readonly apps: readonly AppFigures[];
}

/** What of two start times is a fault of the image. */
export function startFaults(readySeconds: number, bareReadySeconds: number): string[] {
  const isLate = readySeconds > START_TO_READY_S_MAX && readySeconds > bareReadySeconds * OVER_BARE_MAX;
  return isLate ? [`ready after ${readySeconds} s, the bare process after ${bareReadySeconds} s`] : [];
}

/** Addresses that are given come before containers, and the engine is the one of this check. */
async function startContainedStack(docker: Docker): Promise<Stack> {
  const { DOCKER_HOST } = docker.environment;
  if (DOCKER_HOST !== undefined) process.env.DOCKER_HOST = DOCKER_HOST;
  for (const name of GIVEN) delete process.env[name];
  return startStack({ instance: STACK_INSTANCE, fresh: true });
}

const hardened = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--network', 'host'];

/** The deploy step, by the image that does it in production. */
async function deploy(docker: Docker, image: string, environment: Record<string, string>): Promise<void> {
  const given = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const steps = [
    ['database', 'migrate'],
    ['topics', 'apply', '--replication', '1'],
    ['schemas', 'register'],
  ];
  for (const step of steps)
    await docker.run(['run', '--rm', ...hardened, ...given, image, ...step], { timeoutMs: JOB_MS });
}

/** What an app may need; each takes what it knows. */
const settingsOf = (stack: Stack, upstreamPort: number): Record<string, string> => ({
  ...stack.environment,
  UPSTREAM_URL: `http://127.0.0.1:${upstreamPort}`,
  UPSTREAM_API_KEY: API_KEY,
  AUTH_MODE: 'trusted-header',
  GATEWAY_SECRET: 'gateway-secret-of-the-containers-check',
  SESSION_HMAC_KEY: 'session-key-of-the-containers-check-0123456789',
  KEEP_SERVING_MS: '0',
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: '0',
  METRICS_HOST: '127.0.0.1',
  DRAIN_MS: '8000',
  LOG_LEVEL: 'info',
});

interface Ground {
  readonly docker: Docker;
  readonly tag: string;
  readonly settings: Record<string, string>;
  readonly metricsPort: number;
  readonly scratch: string;
  readonly signal: AbortSignal;
}

async function tryApp(
  app: string,
  { docker, tag, settings, metricsPort, scratch, signal }: Ground,
): Promise<AppFigures> {
  const image = `porchlight/${app}:${tag}`;
  const folder = join(scratch, app);
  const { faults, parts } = await partsFaults(docker, image, folder);
  const trial: Trial = {
    image,
    folder,
    metricsPort,
    settings: { ...settings, METRICS_PORT: String(metricsPort) },
    signal,
  };
  const found = new Set(faults);
  const best = { bare: Number.POSITIVE_INFINITY, contained: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++) {
    const bare = await startBare(trial);
    best.bare = Math.min(best.bare, bare.readySeconds);
    for (const fault of await bare.stop()) found.add(`bare: ${fault}`);
    const contained = await startContained(docker, trial);
    best.contained = Math.min(best.contained, contained.readySeconds);
    for (const fault of [...(await contained.look()), ...(await contained.stop())]) found.add(fault);
  }
  for (const fault of startFaults(best.contained, best.bare)) found.add(fault);
  return { app, readySeconds: best.contained, bareReadySeconds: best.bare, parts, faults: [...found] };
}

/** Jobs end by themselves: that each says its help on a read-only root is all that can be asked without work for it. */
async function tryJob(job: string, { docker, tag, scratch }: Ground): Promise<readonly string[]> {
  const image = `porchlight/${job}:${tag}`;
  const { faults } = await partsFaults(docker, image, join(scratch, job));
  const said = await docker.run(['run', '--rm', ...hardened, image, '--help']);
  return said.startsWith('Usage: ') ? faults : [...faults, `${job} --help says ${said.slice(0, 80)}`];
}

async function tryAll(ground: Ground, say: Say): Promise<AppFigures[]> {
  const found: AppFigures[] = [];
  for (const { name, kind } of imageApps()) {
    ground.signal.throwIfAborted();
    if (kind === 'command') {
      const faults = await tryJob(name, ground);
      if (faults.length > 0) say(`  ${name}: ${faults.join('; ')}`);
      found.push(...(faults.length > 0 ? [{ app: name, readySeconds: 0, bareReadySeconds: 0, parts: 0, faults }] : []));
      continue;
    }
    const figures = await tryApp(name, ground);
    const { readySeconds, bareReadySeconds, parts, faults } = figures;
    const ratio = (readySeconds / bareReadySeconds).toFixed(2);
    const numbers = `ready ${readySeconds.toFixed(2)} s  bare ${bareReadySeconds.toFixed(2)} s  ratio ${ratio}  ${parts} parts`;
    say(`  ${name.padEnd(20)}${numbers}  ${faults.length === 0 ? 'no fault' : faults.join('; ')}`);
    found.push(figures);
  }
  return found;
}

export interface AppsOptions {
  readonly tag: string;
  readonly say: Say;
  readonly signal: AbortSignal;
}

async function onStack(docker: Docker, stack: Stack, { tag, say, signal }: AppsOptions): Promise<AppFigures[]> {
  const ports = await freePorts({ metrics: FIRST_PORT, upstream: FIRST_PORT + 1, upstreamMetrics: FIRST_PORT + 2 });
  const settings = settingsOf(stack, ports.upstream);
  await deploy(docker, `porchlight/cli:${tag}`, stack.environment);
  const scratch = await mkdtemp(join(tmpdir(), 'porchlight-containers-'));
  const upstreamSettings = {
    ...settings,
    HTTP_PORT: String(ports.upstream),
    METRICS_PORT: String(ports.upstreamMetrics),
  };
  const image = `porchlight/upstream-simulator:${tag}`;
  const upstream = await startContained(docker, {
    ...{ image, folder: '', settings: upstreamSettings, metricsPort: ports.upstreamMetrics, signal },
  });
  try {
    return await tryAll({ docker, tag, settings, metricsPort: ports.metrics, scratch, signal }, say);
  } finally {
    await upstream.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Every image started on real servers, which tools/stack runs as containers, beside the same files as a bare process. */
export async function appsStep(docker: Docker, options: AppsOptions): Promise<AppsFigures> {
  const before = process.env.DOCKER_HOST;
  try {
    const { result: stack, seconds } = await timed(() => startContainedStack(docker));
    for (const { service, source, reason } of stack.choices)
      options.say(`  ${service.padEnd(9)} ${source} (${reason})`);
    const apps = await onStack(docker, stack, options);
    return { stackSources: stack.choices.map(({ source }) => source), stackSeconds: seconds, apps };
  } finally {
    await stopStack({ instance: STACK_INSTANCE });
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  }
}
