import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  freePorts,
  repositoryFolder,
  spawnServer,
  stopServer,
  waitUntil,
  type Exit,
  type SpawnedServer,
} from '@porchlight/stack';
import { FleetError } from './fleet-error.ts';
import { localRates } from './local-rates.ts';

const PORT_WISHED = 27_000;
const OPERATIONS_PORT_WISHED = 27_100;
const READY_MS = 90_000;
const STOP_GRACE_MS = 8_000;

export interface ApiProcessesOptions {
  readonly count: number;
  /** Of their logs and pid files. */
  readonly folder: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly upstreamUrl: string;
  readonly upstreamApiKey: string;
  /** For all of them, after everything else. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One of them. */
export interface ApiProcess {
  /** http://127.0.0.1:<port>; the same after a restart. */
  readonly url: string;
  readonly operationsUrl: string;
  /** Sends a signal and resolves with how the process ended. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
  /** Starts it again, and resolves when it is ready. @throws {FleetError} APP_NOT_READY */
  start(): Promise<void>;
}

/** estimate-api, several times, each a process with ports of its own. */
export interface ApiProcesses {
  readonly each: readonly ApiProcess[];
  /** http://127.0.0.1:<port> of each. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

const isReady = async (operationsUrl: string): Promise<boolean> => {
  const answer = await fetch(`${operationsUrl}/readyz`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
};

const environmentOf = (options: ApiProcessesOptions, ports: { api: number; operations: number }, key: string) => ({
  PATH: process.env['PATH'],
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: String(ports.api),
  METRICS_HOST: '127.0.0.1',
  METRICS_PORT: String(ports.operations),
  LOG_LEVEL: 'warn',
  KEEP_SERVING_MS: '0', // no balancer stands before them
  AUTH_MODE: 'trusted-header', // on loopback: who asks without a role is unregistered
  SESSION_HMAC_KEY: key,
  ...localRates,
  REDIS_URL: options.redisUrl,
  DATABASE_URL: options.databaseUrl,
  UPSTREAM_URL: options.upstreamUrl,
  UPSTREAM_API_KEY: options.upstreamApiKey,
  // Never waited for, and single gets publish nothing.
  KAFKA_BROKERS: '127.0.0.1:9',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9',
  ...options.environment,
});

const numbered = (name: string, count: number, from: number) =>
  Array.from({ length: count }, (_, i) => [`${name}${i}`, from + i] as const);

interface ApiProcessAt extends ApiProcess {
  spawn(): Promise<void>;
  ready(): Promise<void>;
  stop(): Promise<void>;
}

function apiProcess(
  options: ApiProcessesOptions,
  at: number,
  ports: { api: number; operations: number },
  key: string,
): ApiProcessAt {
  const name = `estimate-api ${at}`;
  const marker = `--porchlight-instance=${options.folder}/${at}`;
  const operationsUrl = `http://127.0.0.1:${ports.operations}`;
  const spec = {
    name,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', join(repositoryFolder, 'apps/estimate-api/main.ts'), marker],
    environment: environmentOf(options, ports, key),
    pidFile: join(options.folder, `estimate-api-${at}.pid`),
    logFile: join(options.folder, `estimate-api-${at}.log`),
    marker,
    fingerprint: 'api-processes',
  };
  let running: SpawnedServer | undefined;
  const spawn = async () => {
    running = await spawnServer(spec);
  };
  const ready = async () => {
    if ((await waitUntil(() => isReady(operationsUrl), { withinMs: READY_MS })) !== undefined) return;
    throw new FleetError('APP_NOT_READY', `${name} is not ready after ${READY_MS / 1000} s: see ${spec.logFile}`);
  };
  return {
    url: `http://127.0.0.1:${ports.api}`,
    operationsUrl,
    spawn,
    ready,
    async kill(signal) {
      if (running === undefined) throw new FleetError('APP_NOT_RUNNING', `${name} does not run`);
      const victim = running;
      running = undefined;
      process.kill(victim.pid, signal);
      return victim.exited;
    },
    async start() {
      await spawn();
      await ready();
    },
    async stop() {
      await stopServer(spec.pidFile, { graceMs: STOP_GRACE_MS });
    },
  };
}

/** Starts them side by side, and resolves when all are ready. @throws {FleetError} if one is not, with what was started stopped */
export async function startApiProcesses(options: ApiProcessesOptions): Promise<ApiProcesses> {
  const { count } = options;
  const ports: Record<string, number> = await freePorts(
    Object.fromEntries([
      ...numbered('api', count, PORT_WISHED),
      ...numbered('operations', count, OPERATIONS_PORT_WISHED),
    ]),
  );
  const key = randomBytes(32).toString('hex');
  const portsOf = (at: number) => ({ api: ports[`api${at}`] ?? 0, operations: ports[`operations${at}`] ?? 0 });
  const each = Array.from({ length: count }, (_, at) => apiProcess(options, at, portsOf(at), key));
  const stop = async (): Promise<void> => {
    await Promise.all(each.map((one) => one.stop()));
  };
  try {
    for (const one of each) await one.spawn();
    for (const one of each) await one.ready();
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { each, urls: each.map(({ url }) => url), stop };
}
