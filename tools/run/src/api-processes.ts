import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePorts, repositoryFolder, type Exit } from '@porchlight/stack';
import { createMember, type Member } from './fleet-member.ts';
import { localRates } from './local-rates.ts';

const PORT_WISHED = 27_000;
const OPERATIONS_PORT_WISHED = 27_100;
const READY_MS = 90_000;

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
  readonly logFile: string;
  /** Of the process that runs now. */
  pid(): number | undefined;
  /** Sends a signal and resolves with how the process ended. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
  /** Starts it again, and resolves when it is ready. @throws {FleetError} APP_NOT_READY, APP_DIED, PORT_TAKEN */
  start(): Promise<void>;
}

/** estimate-api, several times, each a process with ports of its own. */
export interface ApiProcesses {
  readonly each: readonly ApiProcess[];
  /** http://127.0.0.1:<port> of each. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

const environmentOf = (options: ApiProcessesOptions, ports: { api: number; operations: number }, key: string) => ({
  PATH: process.env['PATH'] ?? '',
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
  readonly member: Member;
}

function apiProcess(
  options: ApiProcessesOptions,
  at: number,
  ports: { api: number; operations: number },
  key: string,
): ApiProcessAt {
  const operationsUrl = `http://127.0.0.1:${ports.operations}`;
  const folder = join(options.folder, `estimate-api-${at}`);
  const member = createMember({
    name: 'estimate-api',
    script: join(repositoryFolder, 'apps/estimate-api/main.ts'),
    folder,
    logFolder: folder,
    environment: environmentOf(options, ports, key),
    operationsUrl,
    nodeFlags: ['--disable-warning=ExperimentalWarning'],
    onExit: () => undefined, // whoever asks it is told
  });
  return {
    url: `http://127.0.0.1:${ports.api}`,
    operationsUrl,
    logFile: member.logFile,
    member,
    pid: () => member.pid(),
    kill: (signal) => member.kill(signal),
    async start() {
      await member.start();
      await member.ready(READY_MS);
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
    await Promise.all(each.map(({ member }) => member.stop()));
  };
  try {
    for (const { member } of each) await member.start();
    for (const { member } of each) await member.ready(READY_MS);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { each, urls: each.map(({ url }) => url), stop };
}
