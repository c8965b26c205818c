import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { downloadsFolder } from '../folders.ts';
import { freePorts } from '../ports.ts';
import { askRedis } from '../probe/redis.adapter.ts';
import { envoyConfig } from './envoy-config.ts';
import { findEnvoy } from './envoy-binary.ts';
import { serverNode, type ServerNode } from './server-node.ts';
import { fingerprintOf, startServer } from './start-server.ts';

const PORT_WISHED = 26_800;
const ADMIN_PORT_WISHED = 26_801;
const READY_MS = 30_000;
const STOP_GRACE_MS = 3_000;
const ADMIN_MS = 2_000;

export interface EnvoyOptions {
  /** Which servers stand behind it, host:port each: as many as deploy/envoy has, three. */
  readonly upstream: { readonly shards: readonly string[] } | { readonly cluster: readonly string[] };
  /** Its config, log and pid file; what an earlier one left there is thrown away. */
  readonly dir: string;
  readonly report?: (detail: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** An Envoy that runs what is shipped in deploy/envoy. */
export interface Envoy extends ServerNode {
  /** `redis://host:port`: REDIS_URL with REDIS_TOPOLOGY=envoy. */
  readonly url: string;
  /** Its admin page: `/stats`, `/clusters`. */
  readonly adminUrl: string;
}

/** Ready says so before the endpoints' names are resolved: a key must lead somewhere. */
async function probe(address: string, adminUrl: string): Promise<void> {
  const answer = await fetch(`${adminUrl}/ready`, { signal: AbortSignal.timeout(ADMIN_MS) });
  if (answer.status !== 200) throw new Error(`/ready says ${answer.status}`);
  await askRedis(address, 'GET', 'porchlight:probe');
}

/**
 * Starts Envoy as a local process with the config of deploy/envoy.
 *
 * @throws {StackError} SERVER_DIED or SERVER_NOT_READY with the tail of its log, PLATFORM_UNSUPPORTED, DOWNLOAD_FAILED
 * @throws {RangeError} unless as many servers are given as the config has
 */
export async function startEnvoy(options: EnvoyOptions): Promise<Envoy> {
  const folder = resolve(options.dir);
  const { command, reason } = await findEnvoy(downloadsFolder(), (detail) => options.report?.(`fetching ${detail}`));
  options.report?.(`starting ${reason}`);
  const { port, adminPort } = await freePorts({ port: PORT_WISHED, adminPort: ADMIN_PORT_WISHED });
  const isCluster = 'cluster' in options.upstream;
  const upstream = 'cluster' in options.upstream ? options.upstream.cluster : options.upstream.shards;
  const config = await envoyConfig(isCluster ? 'redis-cluster' : 'redis-shards', { port, adminPort, upstream });
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'envoy.json');
  await writeFile(configFile, config);
  const address = `127.0.0.1:${port}`;
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const pidFile = join(folder, 'envoy.pid');
  // With hot restarts on, several of one machine would share memory, and each would end with the process that started it.
  const args = ['-c', configFile, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warning'];
  const spec = {
    name: 'Envoy',
    command,
    args,
    pidFile,
    logFile: join(folder, 'envoy.log'),
    marker: configFile,
    fingerprint: fingerprintOf(command, config),
  };
  const start = async (): Promise<void> => {
    await startServer(spec, {
      probe: () => probe(address, adminUrl),
      readyMs: READY_MS,
      stop: { graceMs: STOP_GRACE_MS },
      signal: options.signal,
    });
  };
  await start();
  return {
    url: `redis://${address}`,
    adminUrl,
    ...serverNode({ address, pidFile, stopGraceMs: STOP_GRACE_MS, start }),
  };
}
