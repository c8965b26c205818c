import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePorts, repositoryFolder, spawnServer, stopServer, waitUntil } from '@porchlight/stack';

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

/** estimate-api, several times, each a process with ports of its own. */
export interface ApiProcesses {
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
  AUTH_MODE: 'trusted-header', // on loopback: who asks without a role is unregistered
  SESSION_HMAC_KEY: key,
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

/** Starts them side by side, and resolves when all are ready. @throws if one is not, with what was started stopped */
export async function startApiProcesses(options: ApiProcessesOptions): Promise<ApiProcesses> {
  const { count, folder } = options;
  const ports: Record<string, number> = await freePorts(
    Object.fromEntries([
      ...numbered('api', count, PORT_WISHED),
      ...numbered('operations', count, OPERATIONS_PORT_WISHED),
    ]),
  );
  const key = randomBytes(32).toString('hex');
  const marker = `--porchlight-instance=${folder}`;
  const pidFileOf = (at: number) => join(folder, `estimate-api-${at}.pid`);
  const indices = Array.from({ length: count }, (_, at) => at);
  const portsOf = (at: number) => ({ api: ports[`api${at}`] ?? 0, operations: ports[`operations${at}`] ?? 0 });
  const stop = async (): Promise<void> => {
    await Promise.all(indices.map((at) => stopServer(pidFileOf(at), { graceMs: STOP_GRACE_MS })));
  };
  try {
    for (const at of indices) {
      await spawnServer({
        name: `estimate-api ${at}`,
        command: process.execPath,
        args: [
          '--disable-warning=ExperimentalWarning',
          join(repositoryFolder, 'apps/estimate-api/main.ts'),
          `${marker}/${at}`,
        ],
        environment: environmentOf(options, portsOf(at), key),
        pidFile: pidFileOf(at),
        logFile: join(folder, `estimate-api-${at}.log`),
        marker: `${marker}/${at}`,
        fingerprint: 'bench',
      });
    }
    for (const at of indices) {
      const ready = await waitUntil(() => isReady(`http://127.0.0.1:${portsOf(at).operations}`), {
        withinMs: READY_MS,
      });
      if (ready === undefined) throw new Error(`estimate-api ${at} is not ready after ${READY_MS} ms: ${folder}`);
    }
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { urls: indices.map((at) => `http://127.0.0.1:${portsOf(at).api}`), stop };
}
